"""The commands for when an engagement is over; what they need is imported when they run."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from workbench.batch.progress import say
from workbench.cli.arguments import Name
from workbench.errors import UsageError, printable, writing_to
from workbench.theme import counted, listing


def archive(
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="The zip to write; by default in client_data/.")] = "",
    password: Annotated[
        str,
        typer.Option("--password", metavar="WHERE", help="Encrypt it: env:NAME or file:PATH, never the password."),
    ] = "",
) -> None:
    """Write a client's files and reports as one zip with a manifest of hashes, and read it back.

    With --password the contents are encrypted (AES, 256 bits); the names of files stay readable. Left out is what can
    be made again: caches and drafts. Links are named and not followed.

    Example: workbench archive acme-insurance --password env:ARCHIVE_PASSWORD
    """
    from workbench.batch.archive import archive_engagement, read_password
    from workbench.engagement.places import clients_folder

    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        held = archive_engagement(name, to=to, password=read_password(password))
    say(f"{counted(held.n_files, 'file')} ({held.n_bytes / 1e6:,.1f} MB), read back and equal to the last byte.")
    if held.links:
        links = counted(len(held.links), "link is", "links are")
        say(f"{links} named in the manifest and not followed: {listing(list(held.links), 6)}.")
        say("A file that a link leads to outside the client's folders is not in the zip: copy it in if it is wanted.")
    say(
        "Encrypted; the names of files stay readable."
        if held.is_encrypted
        else "Not encrypted: whoever has it reads it."
    )
    say(f"Written: {held.path}")


def purge(
    name: Name,
    note: Annotated[
        str, typer.Option("--note", metavar="FILE", help="Where the deletion note goes; by default in client_data/.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it is meant.")] = False,
) -> None:
    """Remove all that is kept of a client, and write a note that names every file of it.

    The client's files, reports, caches, drafts, working copies, rows of the ledger and morning pages that name it. It
    asks for the name again. Links are not followed. What was published is forgotten: it guards later runs no more.

    Example: workbench purge acme-insurance
    """
    from workbench.batch.leaving import plan_purge, purge_engagement
    from workbench.engagement.places import clients_folder

    planned = plan_purge(name)
    if not yes:
        say(
            f"{counted(len(planned.files), 'file')} ({planned.n_bytes / 1e6:,.1f} MB) would be removed for good, below:"
        )
        for place in planned.places:
            say(f"  {place}")
        say("and every morning page and every row of the ledger that names it. What was published is forgotten too.")
        if not sys.stdin.isatty():
            raise UsageError("Nothing has been removed: nobody is here to ask. If it is meant, repeat it with --yes.")
        if typer.prompt(f"To go on, type the name ({name})", default="", show_default=False) != name:
            say("Nothing has been removed.")
            raise typer.Exit(1)
    with writing_to(clients_folder(), "WORKBENCH_CLIENTS"):
        done, path = purge_engagement(planned, note)
    files, rows = counted(len(done.files), "file"), counted(done.rows, "row")
    say(f"Removed: {files} ({done.n_bytes / 1e6:,.1f} MB) and {rows} of the ledger.")
    for sentence in done.left:
        say(f"Not removed: {printable(sentence, kept='')}", file=sys.stderr)
    for archived in done.kept:
        say(f"Still there, since it was written to be kept: {archived}")
    say(f"Deletion note: {path}")
    if done.left:
        raise typer.Exit(1)
