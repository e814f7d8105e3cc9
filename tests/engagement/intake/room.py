"""A client's folder, and files beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


class Room:
    """A client called tiny, with three lines, two products and some resources."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.folder = root / "client_data" / "tiny"
        self.folder.mkdir(parents=True)
        (root / "notebooks").mkdir()
        (root / "templates").symlink_to(ROOT / "templates")
        self.write("engagement.yaml", "name: Tiny\nas_of: 2026-12-31\n")
        self.write("lines.csv", "product_line,name\nmotor,Motor insurance\nhome,Home & contents\nlife,Life insurance\n")
        self.write("products.csv", "product,name\nmotor-private,Private cars\nmotor-fleet,Company fleets\n")

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the client's."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def texts(self, names: str = "*.*") -> list[str]:
        """Return what stands in the client's files, without hashes, in which any digits may come up."""
        found = [path.read_text(encoding="utf-8") for path in self.folder.rglob(names) if path.is_file()]
        return ["\n".join(line for line in text.splitlines() if "sha256" not in line) for text in found]

    def beside(self, name: str, content: str | bytes) -> Path:
        """Write a file that is to be imported."""
        path = self.root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
