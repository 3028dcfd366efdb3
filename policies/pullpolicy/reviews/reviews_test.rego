package pullpolicy.reviews_test

import data.pullpolicy.reviews

_pod(name) := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}}

_list(items) := {"apiVersion": "v1", "kind": "List", "items": items}

_basket(items) := {"apiVersion": "example.com/v1", "kind": "Basket", "items": items}

_empty_basket := {"apiVersion": "example.com/v1", "kind": "Basket"}

_admission(request) := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}

_accepted := {
	"one": {
		"reviews": [{"object": _pod("a")}],
		"want": {{"review": 0, "at": [], "object": _pod("a"), "old": null}},
	},
	"two": {
		"reviews": [{"object": _pod("a")}, {"object": _pod("b")}],
		"want": {
			{"review": 0, "at": [], "object": _pod("a"), "old": null},
			{"review": 1, "at": [], "object": _pod("b"), "old": null},
		},
	},
	"none": {"reviews": [], "want": set()},
	"an update": {
		"reviews": [{"object": _pod("new"), "oldObject": _pod("old")}],
		"want": {{"review": 0, "at": [], "object": _pod("new"), "old": _pod("old")}},
	},
	"a creation, as Gatekeeper spells it": {
		"reviews": [{"object": _pod("a"), "oldObject": null}],
		"want": {{"review": 0, "at": [], "object": _pod("a"), "old": null}},
	},
	"a List": {
		"reviews": [{"object": _list([_pod("a"), _pod("b")])}],
		"want": {
			{"review": 0, "at": ["items", 0], "object": _pod("a"), "old": null},
			{"review": 0, "at": ["items", 1], "object": _pod("b"), "old": null},
		},
	},
	"an empty List": {"reviews": [{"object": _list([])}], "want": set()},
	"a List in a List": {
		"reviews": [{"object": _list([_pod("a"), _list([_pod("b"), _pod("c")])])}],
		"want": {
			{"review": 0, "at": ["items", 0], "object": _pod("a"), "old": null},
			{"review": 0, "at": ["items", 1, "items", 0], "object": _pod("b"), "old": null},
			{"review": 0, "at": ["items", 1, "items", 1], "object": _pod("c"), "old": null},
		},
	},
	"a List in a List in a List": {
		"reviews": [{"object": _list([_list([_list([_pod("a")])])])}],
		"want": {{"review": 0, "at": ["items", 0, "items", 0, "items", 0], "object": _pod("a"), "old": null}},
	},
	"a typed list that says no apiVersion": {
		"reviews": [{"object": {"kind": "PodList", "items": [{"metadata": {"name": "a"}}]}}],
		"want": {{
			"review": 0,
			"at": ["items", 0],
			"object": {"apiVersion": "", "kind": "Pod", "metadata": {"name": "a"}},
			"old": null,
		}},
	},
	"a typed list, whose items say no kind": {
		"reviews": [{"object": {
			"apiVersion": "apps/v1",
			"kind": "DeploymentList",
			"items": [{"metadata": {"name": "a"}}],
		}}],
		"want": {{
			"review": 0,
			"at": ["items", 0],
			"object": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}},
			"old": null,
		}},
	},
	"a typed list, whose items say their kind": {
		"reviews": [{"object": {"apiVersion": "v1", "kind": "PodList", "items": [_pod("a")]}}],
		"want": {{"review": 0, "at": ["items", 0], "object": _pod("a"), "old": null}},
	},
	"a typed list in a List": {
		"reviews": [{"object": _list([{
			"apiVersion": "v1",
			"kind": "PodList",
			"items": [{"metadata": {"name": "a"}}],
		}])}],
		"want": {{"review": 0, "at": ["items", 0, "items", 0], "object": _pod("a"), "old": null}},
	},
	"a custom kind that is named like a list": {
		"reviews": [{"object": {"apiVersion": "example.com/v1", "kind": "AllowList", "spec": {}}}],
		"want": {{
			"review": 0,
			"at": [],
			"object": {"apiVersion": "example.com/v1", "kind": "AllowList", "spec": {}},
			"old": null,
		}},
	},
	"items in what is not named a list": {
		"reviews": [{"object": _basket([_pod("a"), _list([_pod("b")])])}],
		"want": {
			{"review": 0, "at": [], "object": _empty_basket, "old": null},
			{"review": 0, "at": ["items", 0], "object": _pod("a"), "old": null},
			{"review": 0, "at": ["items", 1, "items", 0], "object": _pod("b"), "old": null},
		},
	},
	"items in what is not named a list, in a List": {
		"reviews": [{"object": _list([_basket([_list([_pod("a")])])])}],
		"want": {
			{"review": 0, "at": ["items", 0], "object": _empty_basket, "old": null},
			{"review": 0, "at": ["items", 0, "items", 0, "items", 0], "object": _pod("a"), "old": null},
		},
	},
	"items beside the spec of a custom kind that is named like a list": {
		"reviews": [{"object": {"apiVersion": "example.com/v1", "kind": "PodList", "spec": {}, "items": [_pod("a")]}}],
		"want": {
			{
				"review": 0,
				"at": [],
				"object": {"apiVersion": "example.com/v1", "kind": "PodList", "spec": {}},
				"old": null,
			},
			{"review": 0, "at": ["items", 0], "object": _pod("a"), "old": null},
		},
	},
	"items without a kind of what has none": {
		"reviews": [{"object": {"items": [{"name": "a"}]}}],
		"want": {
			{"review": 0, "at": [], "object": {}, "old": null},
			{"review": 0, "at": ["items", 0], "object": {"name": "a"}, "old": null},
		},
	},
	"an item without a kind that says its apiVersion, as kubectl takes it": {
		"reviews": [{"object": {"apiVersion": "v1", "kind": "PodList", "items": [{"apiVersion": "v1"}]}}],
		"want": {{"review": 0, "at": ["items", 0], "object": {"apiVersion": "v1"}, "old": null}},
	},
	"an item without an apiVersion that says its kind": {
		"reviews": [{"object": {"apiVersion": "v1", "kind": "PodList", "items": [{"kind": "Pod"}]}}],
		"want": {{"review": 0, "at": ["items", 0], "object": {"kind": "Pod"}, "old": null}},
	},
	"an AdmissionReview of a List, whose items are not checked": {
		"reviews": [{"object": _admission({"object": _list([_pod("a")])})}],
		"want": {{"review": 0, "at": ["request", "object"], "object": _list([_pod("a")]), "old": null}},
	},
	"Lists in Lists, too deep": {
		"reviews": [{"object": _list([_list([_list([_list([_list([_pod("a")])])])])])}],
		"want": {{
			"review": 0,
			"at": ["items", 0, "items", 0, "items", 0, "items", 0],
			"object": _list([_pod("a")]),
			"old": null,
		}},
	},
	"at admission, items of an object": {
		"reviews": [{"object": _basket([_pod("a")]), "admitted": true}],
		"want": {{"review": 0, "at": [], "object": _basket([_pod("a")]), "old": null}},
	},
	"at admission, a List": {
		"reviews": [{"object": _list([_pod("a")]), "admitted": true}],
		"want": {{"review": 0, "at": ["items", 0], "object": _pod("a"), "old": null}},
	},
	"an AdmissionReview of a creation": {
		"reviews": [{"object": _admission({"operation": "CREATE", "object": _pod("a"), "oldObject": null})}],
		"want": {{"review": 0, "at": ["request", "object"], "object": _pod("a"), "old": null}},
	},
	"an AdmissionReview of an update": {
		"reviews": [{"object": _admission({
			"operation": "UPDATE",
			"object": _pod("new"),
			"oldObject": _pod("old"),
		})}],
		"want": {{"review": 0, "at": ["request", "object"], "object": _pod("new"), "old": _pod("old")}},
	},
	"an AdmissionReview of a deletion": {
		"reviews": [{"object": _admission({"operation": "DELETE", "object": null, "oldObject": _pod("a")})}],
		"want": set(),
	},
	"an AdmissionReview of an earlier version": {
		"reviews": [{"object": object.union(
			_admission({"object": _pod("a")}),
			{"apiVersion": "admission.k8s.io/v1beta1"},
		)}],
		"want": {{"review": 0, "at": ["request", "object"], "object": _pod("a"), "old": null}},
	},
	"an AdmissionReview of another group": {
		"reviews": [{"object": {"apiVersion": "example.com/v1", "kind": "AdmissionReview", "request": {"object": {}}}}],
		"want": {{
			"review": 0,
			"at": [],
			"object": {"apiVersion": "example.com/v1", "kind": "AdmissionReview", "request": {"object": {}}},
			"old": null,
		}},
	},
	"what is not an object": {
		"reviews": [{"object": "Pod"}, {"object": _list(["Pod", null])}, {"object": _admission({"object": "Pod"})}],
		"want": set(),
	},
}

test_objects[note] if {
	some note, tc in _accepted
	got := reviews.objects with input.reviews as tc.reviews
	got == tc.want
}

test_no_problems[note] if {
	some note, manifest in {
		"a Pod": _pod("a"),
		"a List": _list([_pod("a"), _list([_pod("b")])]),
		"an empty List": _list([]),
		"a List with null for items, as Go writes an empty one": _list(null),
		"a nested List with null for items": _list([_list(null)]),
		"a custom kind that is named like a list": {"apiVersion": "example.com/v1", "kind": "AllowList", "spec": {}},
		"a map of items in what is not named a list": _basket({"apple": 1}),
		"a map of items in what is not named a list, in a List": _list([_basket({"apple": 1})]),
		"what is not a manifest": {"metadata": {"name": "a"}},
		"items of what is not a manifest": {"items": [{"name": "a"}, "b"]},
		"neither apiVersion nor kind, by an empty text": {"apiVersion": "", "kind": ""},
		"another kind of the admission group": {"apiVersion": "admission.k8s.io/v1", "kind": "Webhook", "request": {}},
		"a creation": _admission({"operation": "CREATE", "object": _pod("a")}),
		"a deletion": _admission({"operation": "DELETE", "object": null, "oldObject": _pod("a")}),
		"a deletion that says nothing of the object": _admission({"operation": "DELETE"}),
	}
	found := reviews.problems with input.reviews as [{"object": manifest}]
	found == set()
}

test_problems_of_the_input[note] if {
	some note, value in {
		"an empty map": {},
		"a list": [{"object": _pod("a")}],
		"a Pod": _pod("a"),
		"null": null,
		"a text": "reviews",
		"reviews that are a map": {"reviews": {"object": _pod("a")}},
		"reviews that are null": {"reviews": null},
	}
	found := reviews.problems with input as value
	found == {{
		"review": null,
		"at": [],
		"object": {"kind": "", "namespace": "", "name": ""},
		"message": "the input has no list `reviews`, so nothing was checked; send {\"reviews\": [{\"object\": …}]}",
	}}
}

test_problem_of_no_input_at_all if {
	count(reviews.problems) == 1
}

test_problems_of_a_review[note] if {
	some note, review in {
		"no object": {},
		"null for the object": {"object": null},
		"a list for the object": {"object": [_pod("a")]},
		"a text for the object": {"object": "Pod"},
		"null": null,
		"a text": "Pod",
		"a bare Pod": _pod("a"),
		"only an old object": {"oldObject": _pod("a")},
	}
	found := reviews.problems with input.reviews as [{"object": _pod("a")}, review]
	found == {{
		"review": 1,
		"at": [],
		"object": {"kind": "", "namespace": "", "name": ""},
		"message": "review 1 has no object, so nothing was checked; send {\"object\": …}",
	}}
}

test_problems_of_an_admission_review[note] if {
	some note, request in {
		"no object": {"operation": "CREATE"},
		"null for the object": {"operation": "CREATE", "object": null},
		"a text for the object": {"operation": "UPDATE", "object": "Pod"},
		"an operation that is not a deletion": {"operation": "CONNECT"},
		"an empty request": {},
		"null": null,
	}
	found := reviews.problems with input.reviews as [{"object": _admission(request)}]
	found == {{
		"review": 0,
		"at": ["request"],
		"object": {"kind": "AdmissionReview", "namespace": "", "name": ""},
		"message": concat("", [
			"the AdmissionReview has no request with an object, so nothing was checked; ",
			"send the whole AdmissionReview",
		]),
	}}
}

test_problems_of_a_list_in_an_admission_review if {
	found := reviews.problems with input.reviews as [{"object": _admission({"object": _list([_pod("a")])})}]
	{[problem.at, problem.message] | some problem in found} == {[
		["request", "object"],
		"the AdmissionReview holds a List, which was not checked; send its items",
	]}
}

test_problems_of_a_list[note] if {
	some note, tc in {
		"no items": {"object": {"apiVersion": "v1", "kind": "List"}, "kind": "List", "at": ["items"]},
		"a text for items": {"object": _list("a"), "kind": "List", "at": ["items"]},
		"a map for items": {"object": _list(_pod("a")), "kind": "List", "at": ["items"]},
		"a typed list with a map for items": {
			"object": {"apiVersion": "v1", "kind": "PodList", "items": _pod("a")},
			"kind": "PodList",
			"at": ["items"],
		},
		"a nested List without items": {
			"object": _list([{"apiVersion": "v1", "kind": "List"}]),
			"kind": "List",
			"at": ["items", 0, "items"],
		},
		"a nested List with a map for items": {
			"object": _list([_pod("a"), _list(_pod("b"))]),
			"kind": "List",
			"at": ["items", 1, "items"],
		},
	}
	found := reviews.problems with input.reviews as [{"object": tc.object}]
	found == {{
		"review": 0,
		"at": tc.at,
		"object": {"kind": tc.kind, "namespace": "", "name": ""},
		"message": "the list has no readable items, so nothing in it was checked; write items as a list",
	}}
}

test_problems_of_an_item[note] if {
	some note, tc in {
		"a text": {"object": _list([_pod("a"), "Pod"]), "at": ["items", 1]},
		"null": {"object": _list([null]), "at": ["items", 0]},
		"a list": {"object": _list([[_pod("a")]]), "at": ["items", 0]},
		"an item of a nested List": {"object": _list([_list(["Pod"])]), "at": ["items", 0, "items", 0]},
	}
	found := reviews.problems with input.reviews as [{"object": tc.object}]
	found == {{
		"review": 0,
		"at": tc.at,
		"object": {"kind": "", "namespace": "", "name": ""},
		"message": "an item of the list is not an object, so the API server rejects it; write an object",
	}}
}

test_problems_of_a_kind[note] if {
	some note, tc in {
		"none": {"object": {"apiVersion": "v1", "metadata": {"name": "a"}}, "at": []},
		"null": {"object": {"apiVersion": "v1", "kind": null, "metadata": {"name": "a"}}, "at": []},
		"empty": {"object": {"apiVersion": "v1", "kind": "", "metadata": {"name": "a"}}, "at": []},
		"a number": {"object": {"apiVersion": "v1", "kind": 1, "metadata": {"name": "a"}}, "at": []},
		"none in a List": {
			"object": _list([_pod("b"), {"apiVersion": "v1", "metadata": {"name": "a"}}]),
			"at": ["items", 1],
		},
		"neither it nor an apiVersion in a List": {
			"object": _list([_pod("b"), {"metadata": {"name": "a"}}]),
			"at": ["items", 1],
		},
		"none in an item of a typed list that says its apiVersion": {
			"object": {"apiVersion": "v1", "kind": "PodList", "items": [{"apiVersion": "v1", "metadata": {"name": "a"}}]},
			"at": ["items", 0],
		},
		"neither it nor an apiVersion in an AdmissionReview": {
			"object": _admission({"operation": "CREATE", "object": {"metadata": {"name": "a"}}}),
			"at": ["request", "object"],
		},
	}
	found := reviews.problems with input.reviews as [{"object": tc.object}]
	found == {{
		"review": 0,
		"at": tc.at,
		"object": {"kind": "", "namespace": "", "name": "a"},
		"message": "the object has no kind, so the API server rejects it; write apiVersion and kind",
	}}
}

test_problems_of_an_api_version[note] if {
	some note, tc in {
		"none": {"object": object.remove(_pod("a"), ["apiVersion"]), "at": []},
		"null": {"object": object.union(_pod("a"), {"apiVersion": null}), "at": []},
		"empty": {"object": object.union(_pod("a"), {"apiVersion": ""}), "at": []},
		"a number": {"object": object.union(_pod("a"), {"apiVersion": 1}), "at": []},
		"none in a List": {"object": _list([object.remove(_pod("a"), ["apiVersion"])]), "at": ["items", 0]},
		"none in an AdmissionReview": {
			"object": _admission({"object": object.remove(_pod("a"), ["apiVersion"])}),
			"at": ["request", "object"],
		},
	}
	found := reviews.problems with input.reviews as [{"object": tc.object}]
	found == {{
		"review": 0,
		"at": tc.at,
		"object": {"kind": "Pod", "namespace": "", "name": "a"},
		"message": "the object has no apiVersion, so the API server rejects it; write apiVersion and kind",
	}}
}

test_problem_of_a_list_that_says_no_api_version if {
	found := reviews.problems with input.reviews as [{"object": {"kind": "List", "items": [_pod("a")]}}]
	want := "the object has no apiVersion, so the API server rejects it; write apiVersion and kind"
	{problem.message | some problem in found} == {want}
}

test_problem_of_lists_that_are_too_deep if {
	found := reviews.problems with input.reviews as [{"object": _list([_list([_list([_list([_list([])])])])])}]
	{[problem.at, problem.message] | some problem in found} == {[
		["items", 0, "items", 0, "items", 0, "items", 0],
		"Lists are read four levels deep, so this one was not checked; send its items",
	]}
}

# An API server never asks about a List of objects: what is named so is a custom resource.
test_no_problems_at_admission[note] if {
	some note, items in {"texts": ["a"], "a map": {"a": 1}}
	allowed := {"apiVersion": "example.com/v1", "kind": "AllowList", "items": items}
	every review in [{"object": allowed, "admitted": true}, {"object": _admission({"object": allowed})}] {
		found := reviews.problems with input.reviews as [review]
		found == set()
	}
}

test_identity[note] if {
	some note, tc in {
		"all": {
			"object": {"kind": "Pod", "metadata": {"namespace": "shop", "name": "web", "generateName": "web-"}},
			"want": {"kind": "Pod", "namespace": "shop", "name": "web"},
		},
		"a generated name": {
			"object": {"kind": "Pod", "metadata": {"generateName": "web-"}},
			"want": {"kind": "Pod", "namespace": "", "name": "web-"},
		},
		"an empty name": {
			"object": {"kind": "Pod", "metadata": {"name": "", "generateName": "web-"}},
			"want": {"kind": "Pod", "namespace": "", "name": "web-"},
		},
		"nothing": {"object": {}, "want": {"kind": "", "namespace": "", "name": ""}},
		"metadata that is null": {
			"object": {"kind": "Pod", "metadata": null},
			"want": {"kind": "Pod", "namespace": "", "name": ""},
		},
		"what is not text": {
			"object": {"kind": 1, "metadata": {"namespace": null, "name": ["web"]}},
			"want": {"kind": "", "namespace": "", "name": ""},
		},
	}
	reviews.identity(tc.object) == tc.want
}

test_admitted[note] if {
	some note, [review, want] in {
		"a file": [{"object": _pod("a")}, set()],
		"what a host has from an admission": [{"object": _pod("a"), "admitted": true}, {0}],
		"what a host has from elsewhere": [{"object": _pod("a"), "admitted": false}, set()],
		"an AdmissionReview": [{"object": _admission({"operation": "CREATE", "object": _pod("a")})}, {0}],
		"a List": [{"object": _list([_pod("a")])}, set()],
	}
	reviews.admitted == want with input.reviews as [review]
}
