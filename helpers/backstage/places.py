"""Where what a learner makes is kept: a folder of their own, never among the downloads."""

import tempfile
from pathlib import Path

from .downloads import ROOT

MINE = "my-course"  # beside the learner's own chapters; git ignores it in the checkout


def own_folder(name: str) -> Path:
    """A folder of this name that the learner may write to; it is made if it isn't there yet.

    The downloads may be shared by a class, and read-only. So it lies in the folder my-course: that
    of the checkout if the learner works inside it, or else one where the learner works. If that
    can't be written to, it is the my-course of the learner's home.

        folder = own_folder("model-of-the-verdict")
        tokenizer.save(folder)

    Raises:
        ValueError: the name is empty or has a / or \\ in it.
        OSError: none of these places can be written to.
    """
    if not isinstance(name, str) or not name.strip(" .") or set(name) & set("/\\\0:"):
        raise ValueError(
            f"{name!r} was given as a folder's name. Expected one name, such as 'my-model', since "
            "the folder it lies in is chosen here. Give a name with letters, without / \\ or :."
        )
    here = Path.cwd()
    here = ROOT if here.is_relative_to(ROOT) else here
    tried = []
    for place in (here / MINE, Path.home() / MINE):
        folder = place / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()  # what may be written is known by writing
            return folder
        except OSError as error:
            tried.append(f"{folder}: {error.strerror or error}")
    looked = "\n  ".join(tried)
    raise OSError(
        f"There is no place for the folder {name!r}. Tried:\n  {looked}\n"
        "Expected: a folder that you may write to.\n"
        "What to do: start Jupyter in a folder of your own, or make room on the disk."
    )
