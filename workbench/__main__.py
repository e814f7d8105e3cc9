"""``python -m workbench``: the command line where no script was installed, such as on a Windows laptop."""

from workbench.cli import main

if __name__ == "__main__":
    main()
