import pipeline_fakes as fakes
import pytest

from tfkd.errors import InputError
from tfkd.pipelines.pipeline import Pipeline


def _chain():
    source = fakes.Source(text="a")
    train = fakes.Train(examples=source.outputs["examples"])
    return source, train


def test_orders_components_by_their_channels(tmp_path):
    pipeline = fakes.build(tmp_path)
    assert pipeline.levels == (("Source",), ("Other", "Teacher"), ("Student",))
    assert pipeline.node_ids == ["Source", "Other", "Teacher", "Student"]
    assert pipeline.upstream_of("Student") == ("Source", "Teacher")


def test_orders_components_by_add_upstream_node(tmp_path):
    first, second = fakes.Source(text="a").with_id("Z"), fakes.Source(text="b")
    second.add_upstream_node(first)
    pipeline = Pipeline("p", str(tmp_path), [second, first])
    assert pipeline.node_ids == ["Z", "Source"]


def test_metadata_lies_in_the_root_unless_given(tmp_path):
    source, _ = _chain()
    pipeline = Pipeline("p", str(tmp_path), [source])
    assert pipeline.metadata_path == str(tmp_path / "metadata.sqlite")
    other = Pipeline("p", str(tmp_path), [source], metadata_path="/x/y.db")
    assert other.metadata_path == "/x/y.db"


def test_refuses_a_circle(tmp_path):
    source, train = _chain()
    source.add_upstream_node(train)
    with pytest.raises(InputError, match="in a circle.*Source.*Train"):
        Pipeline("p", str(tmp_path), [source, train])


def test_refuses_an_id_used_twice(tmp_path):
    components = [fakes.Source(text="a"), fakes.Source(text="b")]
    with pytest.raises(InputError, match="'Source' twice.*with_id"):
        Pipeline("p", str(tmp_path), components)


def test_refuses_a_producer_outside_the_pipeline(tmp_path):
    _, train = _chain()
    with pytest.raises(InputError, match="'examples' of Train must come from"):
        Pipeline("p", str(tmp_path), [train])


def test_refuses_an_upstream_node_outside_the_pipeline(tmp_path):
    source, train = _chain()
    source.add_upstream_node(train)
    with pytest.raises(InputError, match="Source waits for 'Train'"):
        Pipeline("p", str(tmp_path), [source])


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 64, "1a", "a.", 3])
def test_refuses_a_bad_name(tmp_path, name):
    source, _ = _chain()
    with pytest.raises(InputError, match="pipeline_name must start with"):
        Pipeline(name, str(tmp_path), [source])


def test_refuses_an_id_that_is_the_metadata_file(tmp_path):
    source = fakes.Source(text="a").with_id("metadata.sqlite")
    with pytest.raises(InputError, match="taken by the metadata file"):
        Pipeline("p", str(tmp_path), [source])


def test_refuses_no_components(tmp_path):
    with pytest.raises(InputError, match="at least one component"):
        Pipeline("p", str(tmp_path), [])


def test_refuses_an_empty_root():
    with pytest.raises(InputError, match="pipeline_root must be"):
        Pipeline("p", "", [fakes.Source(text="a")])


def test_refuses_the_beam_mode_that_loses_records(tmp_path):
    args = ["--direct_running_mode=multi_threading"]
    with pytest.raises(InputError, match="multi_threading"):
        fakes.build(tmp_path, beam_pipeline_args=args)


def test_a_part_ends_where_it_is_told_to(tmp_path):
    part, finished = fakes.build(tmp_path).part(to_nodes=["Teacher"])
    assert part.node_ids == ["Source", "Teacher"]
    assert finished == ()


def test_a_part_begins_where_it_is_told_to_and_keeps_what_that_needs(tmp_path):
    part, finished = fakes.build(tmp_path).part(from_nodes=["Teacher"])
    assert part.node_ids == ["Source", "Teacher", "Student"]
    assert finished == ("Source",)
    part, finished = fakes.build(tmp_path).part(
        from_nodes=["Source"], to_nodes=["Other"]
    )
    assert part.node_ids == ["Source", "Other"]
    assert finished == ()


def test_the_whole_is_a_part(tmp_path):
    whole = fakes.build(tmp_path, enable_cache=False)
    part, finished = whole.part()
    assert part.node_ids == whole.node_ids
    assert finished == ()
    assert not part.enable_cache


def test_refuses_a_part_that_is_nothing(tmp_path):
    pipeline = fakes.build(tmp_path)
    with pytest.raises(InputError, match="'Techer'.*Closest: 'Teacher'"):
        pipeline.part(from_nodes=["Techer"])
    with pytest.raises(InputError, match="between from_nodes and to_nodes"):
        pipeline.part(from_nodes=["Other"], to_nodes=["Teacher"])
