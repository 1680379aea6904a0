package event

import "strings"

// maxName is the longest name of a published event in bytes (docs/contract/extensions.md section 1).
const maxName = 128

// ValidName reports whether name may be published: ^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$ and at most 128
// bytes (docs/contract/extensions.md section 1). That the first segment is no kind of resource is for
// the caller to check.
func ValidName(name string) bool {
	if len(name) > maxName || name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	segments := 0
	for segment := range strings.SplitSeq(name, ".") {
		if !validSegment(segment) {
			return false
		}
		segments++
	}
	return segments >= 2
}

// validSegment reports whether s is [a-z0-9_-]+.
func validSegment(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && !isDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return s != ""
}

// ActivityType is the type of the activity of the named event: Create, Update or Delete after its
// action, which is the second segment, and Activity for every other (docs/contract/delivery.md
// section 3).
func ActivityType(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	action, _, _ := strings.Cut(rest, ".")
	switch action {
	case "create":
		return "Create"
	case "update":
		return "Update"
	case "delete":
		return "Delete"
	}
	return "Activity"
}
