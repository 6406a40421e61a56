"""What fills teach: whatever they say, every share stays possible and the range stays bounded."""

from terminal.domain.queue_learning import SHARES, QueueLearning, quantile


def test_a_range_that_fails_grows_wider_and_one_that_holds_narrower() -> None:
    learning = QueueLearning()
    before = learning.tail
    learning.score(is_covered=True)
    assert learning.tail > before
    learning.score(is_covered=False)
    assert learning.tail < before
    for _ in range(100):
        learning.score(is_covered=False)
    assert learning.tail > 0
    assert (learning.scored, learning.covered) == (102, 1)


def test_no_share_is_ever_ruled_out() -> None:
    learning = QueueLearning()
    for _ in range(50):
        learning.learn([1, *[0] * (len(SHARES) - 1)])
    assert min(learning.weights) > 0
    high = [*[0] * (len(SHARES) - 1), 1]
    for _ in range(3):
        learning.learn(high)
    assert learning.share > learning.share_range()[0] / 2
    assert learning.weights[-1] == max(learning.weights)
    learning.learn([0] * len(SHARES))
    assert learning.fills == 53


def test_a_quantile_is_the_first_place_with_so_much_weight_up_to_it() -> None:
    points = [(10, 1), (20, 8), (30, 1)]
    assert [quantile(points, part) for part in (0, 100, 101, 900, 901, 1000)] == [
        10, 10, 20, 20, 30, 30,
    ]  # fmt: skip
