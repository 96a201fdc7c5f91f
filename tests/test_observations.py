"""Sentences, word for word, on results whose figures are made up."""

import math

import numpy as np
import pytest

from huepress.curve import Elbow
from huepress.image import Picture
from huepress.indexed import IndexedPicture
from huepress.iteration import Iteration
from huepress.palette import Palette
from huepress.quality import Scores
from huepress.report.measured import Measured
from huepress.report.observations import observations, quality
from huepress.sentences import numbered

CURVE = Elbow([1, 2, 3, 4], [1000.0, 400.0, 350.0, 300.0], [], "rgb")


def measured(k, size, score, mse=10.0, counts=(50, 30, 20), inertias=(8.0, 6.0, 2.0)):
    """A result of as many colours as there are counts, in a file of `size` bytes."""
    levels = np.arange(len(counts), dtype=np.uint8)
    palette = Palette(np.stack([levels + 16] * 3, axis=1), counts)
    psnr = 10 * math.log10(3 * 255**2 / mse) if mse else math.inf
    scores = Scores(mse=mse, psnr=psnr, ssim=1.0, ssimulacra2=score, delta_e=0.0, delta_e_95=0.0, colors=len(counts))
    told = tuple(Iteration(n, inertia, np.zeros((1, 3)), 0.0) for n, inertia in enumerate(inertias))
    result = IndexedPicture(palette, np.zeros((1, 1), np.uint8), mse, 0.0, 0)
    return Measured(k, result, bytes(size), scores, told)


def told(results, *, source_bytes=3000, distinct=900, curve=CURVE):
    picture = Picture(np.zeros((1, 1, 3), np.uint8), source_bytes=source_bytes)
    return observations(picture, distinct, results, curve)


def test_all_that_is_said_of_two_results():
    assert told([measured(3, 1500, 62.4), measured(9, 2000, 71.0, mse=4.0)]) == [
        "A PNG of 3 colours takes 1.5 kB, 2.0 times smaller than the original, at 42.9 dB and a SSIMULACRA2 of 62.4: "
        "medium quality.",
        "A PNG of 3 colours takes 2.0 kB, 1.5 times smaller than the original, at 46.9 dB and a SSIMULACRA2 of 71.0: "
        "high quality.",
        "Going from k = 3 to 9 costs 33 % more bytes and brings +8.6 points of SSIMULACRA2 and +4.0 dB.",
        "The inertia over k = 1 to 4 bends most at k = 2, where 40.0 % of that of k = 1 is left: more colours than "
        "that bring less and less.",
        "At k = 9 the most used colour is #101010, with 50.0 % of the pixels; the least used, #121212, has 20.00 %.",
        "At k = 9, K-means lowered the inertia by 75.0 % in 2 iterations after its first assignment.",
    ]


def test_the_file_of_an_animation_is_not_compared_with_one_frame():
    picture = Picture(np.zeros((1, 1, 3), np.uint8), source_bytes=3000, frames=2)
    said = observations(picture, 900, [measured(3, 1500, 62.4)], CURVE)
    assert said[0] == "A PNG of 3 colours takes 1.5 kB, at 42.9 dB and a SSIMULACRA2 of 62.4: medium quality."


def test_one_iteration_is_said_as_such():
    assert told([measured(3, 1500, 50, inertias=(8.0, 6.0))])[-1].endswith(
        " in 1 iteration after its first assignment."
    )


def test_fewer_bytes_and_a_lower_score_are_said_as_such():
    said = told([measured(3, 2000, 50), measured(9, 1000, 40.5)])
    assert "Going from k = 3 to 9 saves 50 % of the bytes and brings -9.5 points of SSIMULACRA2 and +0.0 dB." in said


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (3000, "3.0 kB, 1.0 times smaller than the original"),
        (3001, "3.0 kB, larger than the original"),
        (300, "300 bytes, 10.0"),
    ],
)
def test_sizes_beside_the_original(size, words):
    assert f"takes {words}" in told([measured(3, size, 50)])[0]
    assert "original" not in told([measured(3, size, 50)], source_bytes=None)[0]


def test_what_is_exact_ends_the_comparisons():
    exact = [measured(k, 1000, 100, mse=0) for k in (9, 20)]
    said = told([measured(3, 500, 60), *exact], distinct=7)
    assert "nothing is lost: the picture has no more than 7 colours." in said[1]
    assert said[2] == "Going from k = 3 to 9 costs 100 % more bytes and brings +40.0 points of SSIMULACRA2."
    assert not [sentence for sentence in said if "to 20" in sentence]


def test_beyond_a_knee_without_inertia_nothing_is_gained():
    said = told([measured(2, 1000, 100, mse=0)], curve=Elbow([1, 2, 3], [1000.0, 0.0, 0.0], [], "rgb"))
    assert any("where 0.0 % of that of k = 1 is left: more colours than that bring nothing." in one for one in said)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((60, 40), "60.0 % of the pixels."),
        (
            (49, 1, 50),
            "49.0 % of the pixels; 2 of 3 colours cover half of the picture; the least used, #121212, has 50.00 %.",
        ),
        ((50, 49, 1), "50.0 % of the pixels; the least used, #121212, has 1.00 %."),
    ],
)
def test_how_far_the_first_colours_go(counts, words):
    assert f"At k = 3 the most used colour is #101010, with {words}" in told([measured(3, 500, 60, counts=counts)])


def test_nothing_is_said_of_what_is_not():
    """Of an elbow of two points or without inertia, and of a search without iterations."""
    two, flat = Elbow([1, 2], [9.0, 1.0], [], "rgb"), Elbow([1, 2, 3], [0.0, 0.0, 0.0], [], "rgb")
    for curve in (two, flat):
        said = told([measured(3, 500, 60, inertias=[4.0])], curve=curve)
        assert len(said) == 2
        assert not [sentence for sentence in said if "inertia" in sentence]


def test_words_for_scores_are_those_of_their_author():
    limits = (90, 70, 50, 30)
    words = ("visually lossless", "high quality", "medium quality", "low quality", "very low quality")
    assert [quality(limit) for limit in limits] == list(words[:-1])
    assert [quality(limit - 0.1) for limit in limits] == list(words[1:])


def test_colours_are_counted():
    assert [numbered(n, "colour") for n in (0, 1, 2, 1234)] == ["0 colours", "1 colour", "2 colours", "1,234 colours"]
