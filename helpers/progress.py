"""The progress bar of whatever may take longer than two seconds."""


def progress(iterable=None, total: int | None = None, desc: str = "", **options):
    """tqdm's progress bar: a widget in a notebook, a passing line in a terminal, else nothing.

    Takes tqdm's other options too. In a notebook the plain text of the output is `desc` and the
    total, without times, so the same run always leaves the same saved output.
    """
    from tqdm.auto import tqdm

    if "tqdm.notebook" not in [base.__module__ for base in tqdm.__mro__]:
        options = {"leave": False, "disable": None, **options}
        return tqdm(iterable, total=total, desc=desc, **options)
    from IPython.display import display

    bar = tqdm(iterable, total=total, desc=desc, display=False, **options)
    if not bar.disable:
        words = f"{desc}: {bar.total:,} {options.get('unit', 'steps')}" if bar.total else desc
        widget = {"version_major": 2, "version_minor": 0, "model_id": bar.container.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": widget, "text/plain": words}
        display(bundle, raw=True)
    return bar
