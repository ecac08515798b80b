"""Shards: the same bytes whoever makes them, damage found by name, counts that add up."""

import builtins
import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, DistributedSampler

from helpers import bpe
from helpers.backstage import shards
from helpers.backstage.downloads import ROOT
from helpers.bpe import gpt2_tokenizer
from helpers.windows import count_windows, read_tokens

DOCUMENTS = [
    f"Document {n} has words of its own: "
    + " ".join(["abcdefghij"[n % 10] * (n % 7 + 1)] * (n % 40))
    + "."
    for n in range(70)
]


def hashes(folder) -> dict[str, str]:
    """The sha256 of every shard that lies in a folder, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.bin"))
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of shards made by one process, and its index."""
    folder = tmp_path_factory.mktemp("one")
    return folder, shards.write_shards(DOCUMENTS, folder, per_part=8)


# ---- what a shard holds ----


def test_shards_hold_the_ids_of_the_documents_in_order_with_end_of_text_after_each(written):
    folder, index = written
    tokenizer = gpt2_tokenizer()
    ids = [
        number
        for shard in index["shards"]
        for number in read_tokens(folder / shard["name"]).tolist()
    ]
    assert ids == [
        n for text in DOCUMENTS for n in [*tokenizer.encode_ordinary(text), tokenizer.eot_token]
    ]
    lengths = [len(tokenizer.encode_ordinary(text)) + 1 for text in DOCUMENTS]
    assert [n for shard in index["shards"] for n in np.diff([0, *shard["ends"]])] == lengths


def test_the_index_tells_the_hash_and_number_of_tokens_of_each_shard(written):
    folder, index = written
    assert (
        index
        == json.loads((folder / "index.json").read_text("utf-8"))
        == shards.check_shards(folder)
    )
    assert {shard["name"]: shard["sha256"] for shard in index["shards"]} == hashes(folder)
    assert [shard["n_tokens"] for shard in index["shards"]] == [
        len(read_tokens(folder / shard["name"])) for shard in index["shards"]
    ]


def test_paths_of_files_give_the_same_shards_as_their_texts(written, tmp_path):
    (tmp_path / "texts").mkdir()
    paths = [tmp_path / "texts" / f"{n:03}.txt" for n in range(len(DOCUMENTS))]
    for path, text in zip(paths, DOCUMENTS, strict=True):
        path.write_text(text, encoding="utf-8")
    assert shards.write_shards(paths, tmp_path / "shards", per_part=8) == written[1]


def test_a_document_that_holds_the_end_of_text_mark_is_not_cut_by_it(tmp_path):
    index = shards.write_shards(["a <|endoftext|> b", "c"], tmp_path)
    assert len(index["shards"][0]["ends"]) == 2, (
        "the mark typed in a document was taken for its end"
    )


# ---- interrupted, changed, damaged ----


def test_a_second_run_makes_only_what_is_missing_cut_off_altered_or_of_other_documents(
    written, tmp_path
):
    shards.write_shards(DOCUMENTS, tmp_path, per_part=8)
    cut, altered, missing, untouched = (tmp_path / f"shard-{n:05}.bin" for n in (1, 3, 5, 7))
    cut.write_bytes(cut.read_bytes()[:-2])
    altered.write_bytes(b"\1" + altered.read_bytes()[1:])
    missing.unlink()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.bin")}
    assert shards.write_shards(DOCUMENTS, tmp_path, per_part=8) == written[1]
    assert hashes(tmp_path) == hashes(written[0])
    kept = {name for name, when in before.items() if (tmp_path / name).stat().st_mtime_ns == when}
    assert (
        kept == {*hashes(tmp_path)} - {cut.name, altered.name, missing.name}
        and untouched.name in kept
    )
    other = shards.write_shards([*DOCUMENTS[:-1], "another last one"], tmp_path, per_part=8)
    assert [old == new for old, new in zip(written[1]["shards"], other["shards"], strict=True)] == [
        True
    ] * 8 + [False]


def test_a_shorter_corpus_leaves_no_shard_of_the_longer_one(tmp_path):
    shards.write_shards(DOCUMENTS, tmp_path, per_part=8)
    (tmp_path / "shard-00000.bin.4711.part").write_bytes(b"of a worker that died")
    shards.write_shards(DOCUMENTS[:9], tmp_path, per_part=8)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "index.json",
        "shard-00000.bin",
        "shard-00000.bin.json",
        "shard-00001.bin",
        "shard-00001.bin.json",
    ]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-2]),
            r"has [\d,]+ bytes; expected [\d,]+",
        ),
        (lambda path: path.write_bytes(b""), "has 0 bytes"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\7"), "was altered"),
    ],
)
def test_a_damaged_shard_is_found_by_name_before_a_window_is_read(tmp_path, harm, said):
    shards.write_shards(DOCUMENTS, tmp_path, per_part=8)
    harm(tmp_path / "shard-00004.bin")
    with pytest.raises(ValueError, match=rf"shard-00004\.bin {said}.*Run write_shards again"):
        shards.ShardedWindows(tmp_path, 4, 4)


@pytest.mark.parametrize(
    "index", [None, "", "{", "[]", '{"shards": 5}', '{"shards": [{}]}', '{"shards": []}']
)
def test_a_folder_without_a_whole_index_is_refused(tmp_path, index):
    if index is not None:
        (tmp_path / "index.json").write_text(index)
    with pytest.raises(ValueError, match=r"index\.json.*Run write_shards again"):
        shards.ShardedWindows(tmp_path, 4, 4)


def test_no_document_no_part_and_no_window_each_have_a_message(written, tmp_path):
    with pytest.raises(ValueError, match="Got no document.*Pass at least one"):
        shards.write_shards([], tmp_path)
    with pytest.raises(ValueError, match="per_part is 0. Expected .* 1 or more. Give a larger"):
        shards.write_shards(["a"], tmp_path, per_part=0)
    with pytest.raises(ValueError, match="longest document has .* tokens.*smaller max_length"):
        shards.ShardedWindows(written[0], 5000, 1)
    with pytest.raises(ValueError, match="longest shard has .*a smaller max_length.$"):
        shards.ShardedWindows(written[0], 10**6, 1, across=True)
    windows = shards.ShardedWindows(written[0], 4, 4)
    for number in (-1, len(windows), 10**6):
        with pytest.raises(
            IndexError, match=f"Window {number} was asked for; there are .* counted from 0"
        ):
            windows[number]


def test_without_dask_one_sentence_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name.split(".")[0] in ("dask", "distributed"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ImportError, match=r"Dask is not installed; .*pip install -r notebooks/09-requirements\.txt"
    ):
        shards.connect()
    assert (ROOT / "notebooks" / "09-requirements.txt").exists()


# ---- windows ----


@pytest.mark.parametrize(("length", "stride"), [(4, 4), (3, 1), (5, 2), (8, 11), (1, 1)])
def test_windows_are_those_of_each_document_and_never_cross_a_seam(written, length, stride):
    tokenizer = gpt2_tokenizer()
    wanted = []
    for text in DOCUMENTS:
        ids = [*tokenizer.encode_ordinary(text), tokenizer.eot_token]
        wanted += [
            (ids[i : i + length], ids[i + 1 : i + length + 1])
            for i in range(0, len(ids) - length, stride)
        ]
    windows = shards.ShardedWindows(written[0], length, stride)
    assert [
        (x.tolist(), y.tolist()) for x, y in map(windows.__getitem__, range(len(windows)))
    ] == wanted
    assert not any(tokenizer.eot_token in x for x, _ in wanted)


def test_across_windows_run_through_each_shard(written):
    folder, index = written
    windows = shards.ShardedWindows(folder, 16, 16, across=True)
    assert len(windows) == sum(
        count_windows(shard["n_tokens"], 16, 16) for shard in index["shards"]
    )
    first = read_tokens(folder / "shard-00000.bin")[:17].tolist()
    assert windows[0][0].tolist() == first[:-1] and windows[0][1].tolist() == first[1:]


def test_windows_go_through_a_data_loader_and_to_worker_processes_without_their_tokens(written):
    windows = shards.ShardedWindows(written[0], 8, 8)
    unread = len(pickle.dumps(windows))
    inputs, targets = next(iter(DataLoader(windows, batch_size=5)))
    assert inputs.shape == targets.shape == (5, 8) and inputs.dtype == torch.int64
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    assert all(
        len(x) == 8 for x, _ in map(windows.__getitem__, range(len(windows)))
    )  # every shard is open now
    assert len(pickle.dumps(windows)) == unread < 20_000, "the tokens travel with the dataset"
    copy = pickle.loads(pickle.dumps(windows))
    assert torch.equal(copy[3][0], windows[3][0])


def test_masking_the_targets_changes_no_input(written):
    inputs, targets = shards.ShardedWindows(written[0], 8, 8)[0]
    before = inputs.tolist()
    targets[:] = -100
    assert inputs.tolist() == before


# ---- ranks ----


@pytest.mark.parametrize("n", [25_000, 25_001])
@pytest.mark.parametrize("ranks", [2, 3])
def test_of_all_windows_only_the_rest_of_the_division_is_left_out_and_no_window_comes_twice(
    n, ranks
):
    shares = [list(shards.Order(n, rank, ranks, seed=7)) for rank in range(ranks)]
    counts = Counter(window for share in shares for window in share)
    assert {len(share) for share in shares} == {n // ranks} == {len(shards.Order(n, 0, ranks))}
    assert (
        set(counts.values()) == {1}
        and len(counts) == n - n % ranks
        and set(counts) <= set(range(n))
    )


@pytest.mark.parametrize(
    ("n", "ranks", "drop", "times"),
    [
        (25_000, 2, False, {1: 25_000}),
        (25_000, 2, True, {1: 25_000}),
        (25_001, 2, False, {1: 25_000, 2: 1}),
        (25_001, 2, True, {1: 25_000, 0: 1}),
        (25_000, 3, False, {1: 24_998, 2: 2}),
        (25_000, 3, True, {1: 24_999, 0: 1}),
        (25_001, 3, False, {1: 25_000, 2: 1}),
        (25_001, 3, True, {1: 24_999, 0: 2}),
    ],
)
def test_the_rule_of_torchs_sampler_is_the_one_that_the_chapter_tells(n, ranks, drop, times):
    seen = Counter({window: 0 for window in range(n)})
    for rank in range(ranks):
        seen.update(DistributedSampler(range(n), ranks, rank, drop_last=drop))
    assert Counter(seen.values()) == times


def test_epochs_differ_and_leave_different_windows_out():
    orders = [
        list(shards.Order(1001, 0, 2, seed=3, epoch=epoch))
        + list(shards.Order(1001, 1, 2, seed=3, epoch=epoch))
        for epoch in range(4)
    ]
    assert len({tuple(order) for order in orders}) == 4
    assert len({(set(range(1001)) - set(order)).pop() for order in orders}) > 1
    assert orders[0] == [*shards.Order(1001, 0, 2, seed=3), *shards.Order(1001, 1, 2, seed=3)], (
        "a seed must repeat it"
    )


@pytest.mark.parametrize("start", [0, 1, 4095, 4096, 5000, 8333])
def test_an_order_goes_on_exactly_after_what_was_read(start):
    full = list(shards.Order(25_001, 1, 3, seed=5, epoch=2))
    rest = shards.Order(25_001, 1, 3, seed=5, epoch=2, start=start)
    assert list(rest) == full[start:] and len(rest) == len(full) - start


def test_an_order_of_a_billion_windows_begins_at_once_and_holds_nothing():
    import tracemalloc

    tracemalloc.start()
    began = time.process_time()
    order = iter(shards.Order(1_000_000_000, 1, 3))
    first = [next(order) for _ in range(1000)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < 2 and peak < 8e6 and len(set(first)) == 1000


@pytest.mark.parametrize(
    "options", [{"rank": 2, "ranks": 2}, {"rank": -1}, {"start": 11}, {"start": -1}]
)
def test_a_rank_or_start_that_does_not_exist_is_refused(options):
    with pytest.raises(ValueError, match="expected a rank from 0 to .* and a start from 0 to"):
        shards.Order(10, **options)


# ---- the vocabulary ----


@pytest.mark.parametrize("ties", ["first", "smallest", "greatest"])
def test_merges_from_counts_summed_over_parts_equal_those_of_one_machine(ties):
    counts = shards.count_chunks(DOCUMENTS, per_part=3)
    assert list(counts.items()) == list(bpe.count_chunks(DOCUMENTS).items())
    alone = bpe.BytePairTokenizer.train(DOCUMENTS, 330, ties=ties)
    assert bpe.BytePairTokenizer.train(counts, 330, ties=ties).merges == alone.merges


# ---- a real cluster ----


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A client of a scheduler and three workers, processes of their own on loopback."""
    distributed = pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    file, env = folder / "scheduler.json", {**os.environ, "PYTHONPATH": str(ROOT)}
    where = ["--no-dashboard", "--scheduler-file", str(file)]

    def start(what, *options):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{what}",
            "--host",
            "127.0.0.1",
            *options,
            *where,
        ]
        return subprocess.Popen(
            command, env=env, cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    processes = [start("scheduler", "--port", "0")]
    try:
        processes += [start("worker", "--no-nanny", "--nthreads", "1") for _ in range(3)]
        for _ in range(600):
            if file.exists() and file.stat().st_size:
                break
            time.sleep(0.1)
        with distributed.Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(3, timeout=120)
            yield client
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_cluster_of_ones_own_is_heard_by_this_machine_only():
    pytest.importorskip("distributed")
    import psutil

    def doors():
        """Where this process and those that it started listen: (address, port)."""
        me = psutil.Process()
        return {
            (*door.laddr,)
            for process in [me, *me.children(recursive=True)]
            for door in process.net_connections(kind="inet")
            if door.status == psutil.CONN_LISTEN
        }

    before = doors()
    client = shards.connect(workers=1)
    try:
        opened = doors() - before
        assert len(opened) >= 3, "the scheduler, its dashboard and the worker each have a door"
        assert {address for address, _ in opened} <= {"127.0.0.1", "::1"}, opened
        assert client.submit(os.getpid).result() != os.getpid()
    finally:
        client.shutdown()


def test_a_worker_killed_as_soon_as_it_answers_is_replaced(monkeypatch):
    import asyncio

    import psutil

    # As on a busy machine: each worker's guard, Dask's Nanny, is ready long after its worker
    nanny = pytest.importorskip("distributed").Nanny
    start_worker = nanny.instantiate

    async def start_worker_and_dawdle(self):
        status = await start_worker(self)
        await asyncio.sleep(2)
        return status

    monkeypatch.setattr(nanny, "instantiate", start_worker_and_dawdle)
    client = shards.connect(workers=1)
    try:
        (killed,) = client.run(os.getpid).values()
        psutil.Process(killed).kill()
        assert client.submit(os.getpid).result(timeout=120) != killed, "no worker came back"
    finally:
        client.shutdown()


def test_a_worker_that_takes_long_to_come_back_is_waited_for():
    import psutil

    dask_config = pytest.importorskip("dask").config
    # As on a machine so busy that a new worker takes longer to start than Dask would wait for it
    dask_config.set({"distributed.deploy.lost-worker-timeout": "0.1 s"})
    client = shards.connect(workers=1)
    try:
        (killed,) = client.run(os.getpid).values()
        psutil.Process(killed).kill()
        deadline = time.monotonic() + 120
        while killed in client.run(os.getpid, on_error="ignore").values():
            assert time.monotonic() < deadline, "the killed worker still answers"
            time.sleep(0.1)
        client.wait_for_workers(1, timeout=120)  # TimeoutError if it was given up
        assert client.submit(os.getpid).result() != killed
    finally:
        client.shutdown()


def test_a_worker_killed_in_mid_job_changes_no_byte_of_any_shard(cluster, tmp_path):
    import threading

    import psutil

    texts = [f"{n} {text}" for n, text in enumerate(DOCUMENTS * 40)]
    alone = shards.write_shards(texts, tmp_path / "alone", per_part=40)
    victims, struck = cluster.run(os.getpid), []
    assert len(victims) == 3, "the test needs its three workers"

    def strike():
        while len(done := list((tmp_path / "cluster").glob("*.bin"))) < 2:
            time.sleep(0.005)
        psutil.Process(min(victims.values())).kill()
        struck.append(len(done))

    thread = threading.Thread(target=strike)
    thread.start()
    shared = shards.write_shards(texts, tmp_path / "cluster", per_part=40, client=cluster)
    thread.join()
    assert struck and struck[0] < len(alone["shards"]), (
        "the job was over before the worker was killed"
    )
    assert not psutil.pid_exists(min(victims.values())) or len(cluster.run(os.getpid)) == 2
    assert shared == alone and hashes(tmp_path / "cluster") == hashes(tmp_path / "alone")
    assert not list((tmp_path / "cluster").glob("*.part"))
    counted = shards.count_chunks(texts, per_part=40, client=cluster)
    assert list(counted.items()) == list(shards.count_chunks(texts, per_part=100).items())


@pytest.mark.parametrize("documents", ["abc", b"abc", None, 5, Path("a.txt")], ids=repr)
def test_what_is_no_list_of_documents_is_refused(documents, tmp_path):
    for door in [
        lambda: shards.write_shards(documents, tmp_path / "s"),
        lambda: shards.count_chunks(documents),
    ]:
        with pytest.raises(TypeError, match="documents are of type .*; expected a list of texts"):
            door()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [b"abc", None, 5, ["a"]], ids=repr)
def test_a_document_that_is_no_text_and_no_path_is_refused(wrong, tmp_path):
    with pytest.raises(TypeError, match="The text is of type .*; expected one string"):
        shards.write_shards(["One.", wrong], tmp_path)


@pytest.mark.parametrize("content", ["H\u00e9".encode("latin-1"), b"H\0i\0", "Hi".encode("utf-16")])
def test_a_document_in_another_encoding_is_named_with_what_to_do(content, tmp_path):
    (tmp_path / "old.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"old\.txt .*UTF-8.* Save it again as UTF-8"):
        shards.write_shards(["One.", tmp_path / "old.txt"], tmp_path / "shards")


def test_a_document_whose_file_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file at .*none\.txt.* Check the path"):
        shards.write_shards([tmp_path / "none.txt"], tmp_path / "shards")


def test_the_path_of_a_document_given_as_a_string_is_no_document(tmp_path):
    (tmp_path / "story.txt").write_text("One.")
    with pytest.raises(ValueError, match="is the path of a file; expected .*pathlib.Path"):
        shards.write_shards([str(tmp_path / "story.txt")], tmp_path / "shards")


@pytest.mark.parametrize("per_part", [2.0, "2", None])
def test_a_part_of_no_whole_number_of_documents_is_refused(per_part, tmp_path):
    with pytest.raises(TypeError, match="per_part is .*Expected a whole number.*Give"):
        shards.write_shards(["One."], tmp_path, per_part)


@pytest.mark.parametrize("change", [
    {"n": "10"}, {"n": -1}, {"rank": 0.5}, {"ranks": 0}, {"ranks": "2"}, {"seed": "x"},
    {"epoch": None}, {"start": 1.0}, {"n": True},
])  # fmt: skip
def test_an_order_of_what_is_no_number_is_refused_in_words(change):
    with pytest.raises((TypeError, ValueError), match="xpected a .*(Give|Change)"):
        shards.Order(**{"n": 10, **change})


@pytest.mark.parametrize("folder", [None, 5])
def test_what_is_no_folder_of_shards_is_refused(folder):
    with pytest.raises(TypeError, match="path is of type .*; expected a string or a pathlib"):
        shards.ShardedWindows(folder, 4, 4)


# ---- damaged, truncated and mixed ----

FEW = ["One document.", "Another one of more words than that.", "And the third, the last of all."]


def windows_in(folder) -> list:
    """All windows of a folder's shards."""
    windows = shards.ShardedWindows(folder, 2, 2)
    return [[part.tolist() for part in windows[number]] for number in range(len(windows))]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["index.json", "shard-00000.bin", "shard-00000.bin.json", "shard-00001.bin"]),
    st.sampled_from(["cut", "change", "insert", "mix", "nested"]),
    st.floats(0, 1),
    st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from([b"1", b"0", b", ", b"]", b"9]"])),
)
def test_of_damaged_shards_every_window_is_right_or_words_say_what_to_do(
    tmp_path_factory, name, kind, at, new
):
    folder = tmp_path_factory.mktemp("shards")
    index = shards.write_shards(FEW, folder, per_part=2)
    right, old = windows_in(folder), (folder / name).read_bytes()
    place, other = int(at * len(old)), (folder / "shard-00001.bin.json").read_bytes()
    damaged = {
        "cut": old[:place],
        "change": old[:place] + new + old[place + len(new) :],
        "insert": old[:place] + new + old[place:],
        "mix": old[:place] + other[int(at * len(other)) :],
        "nested": b"[" * 100_000,
    }
    (folder / name).write_bytes(damaged[kind])
    try:
        assert windows_in(folder) == right, f"{name} was damaged, and other windows came out of it"
    except ValueError as error:
        assert "expected " in str(error) and " again" in str(error), error
    assert shards.write_shards(FEW, folder, per_part=2) == index, "writing again mends nothing"
    assert windows_in(folder) == right


def test_a_wrong_end_of_a_document_is_found_by_the_name_of_its_shard(tmp_path):
    index = shards.write_shards(FEW, tmp_path, per_part=2)
    index["shards"][0]["ends"][0] += 1
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="shard-00000.bin does not match .*expected .* again"):
        shards.ShardedWindows(tmp_path, 2, 2)
