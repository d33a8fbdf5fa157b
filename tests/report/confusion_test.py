from xml.etree import ElementTree

from tfkd.report import confusion


def test_class_names_are_escaped_and_not_read_as_formulas():
    svg = confusion.draw_matrix(
        [[3, 1], [0, 4]], ["<b>&", "$x^2$"], model="student_int8"
    )
    ElementTree.fromstring(svg)
    assert "&lt;b&gt;&amp;" in svg
    assert "$x^2$" in svg
    assert "1 of 8 answers lie off the diagonal" in svg


def test_names_in_other_scripts_are_drawn_by_the_browser():
    svg = confusion.draw_matrix(
        [[1, 0], [0, 1]], ["猫猫猫", "犬犬犬"], model="student"
    )
    assert "猫猫猫" in svg


def test_many_classes_are_drawn_without_names_and_numbers():
    size = 40
    matrix = [[7 * (i == j) for j in range(size)] for i in range(size)]
    names = [f"class {i}" for i in range(size)]
    svg = confusion.draw_matrix(matrix, names, model="student")
    assert ">7<" not in svg
    assert "class 3" not in svg


def test_of_very_many_classes_the_most_confused_are_drawn():
    size = confusion.CLASSES + 1
    # Class 0 is taken for the last one, and 60 others once for the next.
    matrix = [[9 * (i == j) for j in range(size)] for i in range(size)]
    matrix[0][size - 1] = 5
    for true in range(20, 80):
        matrix[true][true + 1] = 1
    shown = confusion.confused(matrix)
    # 5 mistakes each; then two each, the first ones first.
    assert shown == [0, *range(21, 21 + confusion.NAMES - 2), size - 1]
    names = [f"class {i}" for i in range(size)]
    svg = confusion.draw_matrix(matrix, names, model="student")
    assert f"Drawn are the 30 of {size} classes" in svg
    # Counts are of all answers, those between classes not drawn included.
    assert f"65 of {9 * size + 65} answers" in svg
    assert ">class 0<" in svg
    assert ">class 20<" not in svg
    assert confusion.confused(matrix[: size - 1]) == list(range(size - 1))
