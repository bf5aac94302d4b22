"""The image pool: filling, exchange, and its place in a checkpoint."""

from __future__ import annotations

import pytest
import torch

from mmda.errors import ConfigError
from mmda.models.cyclegan import ImagePool


def numbered(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 3, 4, 4).clone()


def values(images: torch.Tensor) -> list[float]:
    return images[:, 0, 0, 0].tolist()


def test_until_it_is_full_images_are_stored_and_returned():
    pool = ImagePool(3)
    assert values(pool(numbered(1, 2))) == [1, 2]
    assert values(pool.images) == [1, 2]
    assert values(pool(numbered(3))) == [3]
    assert values(pool.images) == [1, 2, 3]


def test_half_of_the_images_are_exchanged_and_none_is_lost_or_doubled():
    torch.manual_seed(0)
    pool = ImagePool(5)
    pool(numbered(0, 1, 2, 3, 4))
    count, earlier = 400, 0
    seen = []
    for value in range(5, 5 + count):
        (got,) = values(pool(numbered(value)))
        earlier += got != value
        seen.append(got)
    assert 150 < earlier < 250
    assert sorted(seen + values(pool.images)) == list(range(5 + count))
    ages = [
        value - got for value, got in zip(range(5, 5 + count), seen, strict=True) if got < value
    ]
    assert max(ages) > 10  # some stay long: it is no queue


def test_what_is_stored_does_not_change_with_what_was_returned():
    pool = ImagePool(1)
    first = numbered(1)
    pool(first)
    first.zero_()
    assert values(pool.images) == [1]
    torch.manual_seed(0)
    for value in range(2, 20):
        pool(numbered(value)).zero_()
    assert values(pool.images)[0] >= 2


def test_no_gradient_passes():
    image = numbered(1).requires_grad_()
    pool = ImagePool(2)
    assert not pool(image * 2).requires_grad
    assert not pool.images.requires_grad


def test_size_zero_and_errors():
    pool = ImagePool(0)
    assert values(pool(numbered(1, 2))) == [1, 2]
    assert len(pool.images) == 0
    with pytest.raises(ConfigError, match="0 or more, got -1"):
        ImagePool(-1)
    pool = ImagePool(2)
    pool(numbered(1))
    with pytest.raises(ConfigError, match=r"shape \(3, 4, 4\), but new ones have \(3, 8, 8\)"):
        pool(torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize("filled", [0, 2, 3])
def test_state_dict_holds_as_many_images_as_there_are(filled):
    pool = ImagePool(3)
    if filled:
        pool(numbered(*range(filled)))
    state = {key: value.clone() for key, value in pool.state_dict().items()}
    other = ImagePool(3)
    other(numbered(9))
    other.load_state_dict(state)
    assert values(other.images) == values(pool.images) if filled else len(other.images) == 0
    torch.manual_seed(0)
    mine = [values(pool(numbered(v))) for v in range(20, 40)]
    torch.manual_seed(0)
    assert [values(other(numbered(v))) for v in range(20, 40)] == mine
    assert values(state["images"]) == list(range(filled)) if filled else True


def test_a_smaller_pool_takes_the_first_images():
    pool = ImagePool(3)
    pool(numbered(1, 2, 3))
    small = ImagePool(2)
    small.load_state_dict(pool.state_dict())
    assert values(small.images) == [1, 2]
