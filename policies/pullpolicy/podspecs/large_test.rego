package pullpolicy.podspecs_test

import data.pullpolicy.podspecs

_dots := "................................................................"

# 64 * 64 * 64 characters
_huge := replace(replace(_dots, ".", _dots), ".", _dots)

_deep := json.unmarshal(concat("", array.concat(
	["{\"a\":" | some _ in numbers.range(1, 65)],
	array.concat(["{\"image\":\"nginx\",\"pullPolicy\":\"Never\"}"], ["}" | some _ in numbers.range(1, 65)]),
)))

_throng := [{"image": "nginx:1"} | some _ in numbers.range(1, 201)]

# Each row is what stands at spec, and the start of the problem.
_too_large := {
	"of characters": [
		{"container": {"image": "nginx"}, "text": _huge},
		"the object has 262194 characters, more than the limit of 131072",
	],
	"of levels": [_deep, "the object is nested more than 64 levels deep"],
	"of keys": [
		{replace(_dots, ".", _dots): {"container": {"image": "nginx"}}},
		"the object has an image below keys of more than 4096 characters",
	],
	"of images": [{"containers": _throng}, "the object has 201 images, more than the limit of 200"],
}

test_problem_of_what_is_too_large[note] if {
	some note, [spec, want] in _too_large
	reviews := [{"object": _object("example.com/v1 Job", {"spec": spec})}]
	[places, problems] := [podspecs.places, podspecs.problems] with input.reviews as reviews
	places == set()
	{[problem.at, problem.message] | some problem in problems} == {[
		[],
		concat("", [want, ", so it was not checked and does not pass; split it"]),
	]}
}

test_update_keeps_a_custom_resource_that_is_too_large[note] if {
	some note, [spec, _] in _too_large
	job := _object("example.com/v1 Job", {"spec": spec})
	old := object.union(job, {"status": {"ready": true}})
	count(podspecs.problems) == 0 with input.reviews as [{"object": job, "oldObject": old, "admitted": true}]
	count(podspecs.problems) == 1 with input.reviews as [{"object": job, "oldObject": old}]
}

test_nothing_is_too_large_without_an_image if {
	every spec in [{"text": _huge}, {"images": [{"image": "nginx"}], "text": _huge}] {
		job := _object("example.com/v1 Job", {"spec": spec})
		count(podspecs.problems) == 0 with input.reviews as [{"object": job}]
	}
}
