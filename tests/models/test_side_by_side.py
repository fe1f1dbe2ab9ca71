"""Several processes give the answers that one would."""

from models.side_by_side import WORKERS, side_by_side


def test_every_answer_stands_where_its_question_did():
    """Of each product, however many are asked, none among them."""
    products = {
        "twice": lambda asked: [(n, n) for n in asked],
        "once": lambda asked: [(n,) for n in asked],
    }
    with side_by_side(products) as answering:
        for count in (0, 1, WORKERS, 7 * WORKERS + 1):
            asked = list(range(count))
            for name, answer in products.items():
                assert answering[name](asked) == answer(asked)
