import pytest

from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.splits import match_group, place_by_table, read_split_table, split_by_hash

NAMES = [f"city{i}" for i in range(200)]


def test_hash_split_is_stable_and_about_right():
    splits = dict(zip(NAMES, split_by_hash(NAMES, 0.2), strict=True))
    assert 20 <= list(splits.values()).count("val") <= 60
    shuffled = [*reversed(NAMES), "new1", "new2"]
    again = dict(zip(shuffled, split_by_hash(shuffled, 0.2), strict=True))
    assert all(again[name] == split for name, split in splits.items())


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_each_split_gets_at_least_one(fraction):
    for end in range(2, 6):
        assert set(split_by_hash(NAMES[:end], fraction)) == {"train", "val"}


def test_groups_stay_together():
    names = [f"{city}_{i}" for city in ("austin1", "chicago1", "vienna3") for i in range(9)]
    groups = match_group(r"^(.+)_\d+$", names)
    placed = {
        (group, split) for group, split in zip(groups, split_by_hash(groups, 0.4), strict=True)
    }
    assert len(placed) == 3


def test_one_scene_cannot_be_split():
    with pytest.raises(DataError, match="Cannot split one scene"):
        split_by_hash(["a"], 0.5)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        split_by_hash(["a", "b"], 1)


def test_table(tmp_path):
    path = tmp_path / "scenes.csv"
    path.write_text("scene,split,city\na,train,Rome\nb.tif,valid,\n")
    table = read_split_table(str(path))
    places = place_by_table(["a", "b"], ["a.tif", "b.tif"], table, str(path))
    assert places == [("train", "Rome"), ("val", None)]
    with pytest.raises(DataError, match=r"1 of 2 scenes are missing from .*scenes\.csv`: `c`"):
        place_by_table(["a", "c"], ["a.tif", "c.tif"], table, str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,split\na,train\n", "columns name, split"),
        ("scene,split\na,tarin\n", "line 2.*`tarin`"),
    ],
)
def test_malformed_table(tmp_path, text, message):
    path = tmp_path / "scenes.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_split_table(str(path))


def test_missing_table():
    with pytest.raises(DataError, match=r"nowhere\.csv` does not exist"):
        read_split_table("nowhere.csv")


def test_regular_expressions():
    with pytest.raises(ConfigError, match="no regular expression"):
        match_group("(", ["a"])
    with pytest.raises(ConfigError, match="needs a group"):
        match_group("a", ["a"])
    with pytest.raises(DataError, match=r"1 names do not match.*`b`"):
        match_group("(a)", ["a", "b"])
