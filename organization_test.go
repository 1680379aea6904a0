package bellhop_test

import (
	"testing"

	"bellhop"
)

func TestOrganizationValidate(t *testing.T) {
	const top, id = "64b0f1a2c3d4e5f60718293a", "64b0f1a2c3d4e5f60718293b"
	for _, test := range []struct {
		want   string
		change func(o *bellhop.Organization)
	}{
		{"", func(o *bellhop.Organization) {}},
		{"", func(o *bellhop.Organization) { o.Country = "NL"; o.Categories = make([]bellhop.Category, 10) }},
		{"", func(o *bellhop.Organization) { o.Path, o.Level = id, 1 }},
		{"name is required", func(o *bellhop.Organization) { o.Name = " " }},
		{"status must be one of active, inactive", func(o *bellhop.Organization) { o.Status = "" }},
		{"country must have two letters", func(o *bellhop.Organization) { o.Country = "N1" }},
		{"categories must have at most 10 entries", func(o *bellhop.Organization) { o.Categories = make([]bellhop.Category, 11) }},
		{"path does not lead to the organization", func(o *bellhop.Organization) { o.Path = top }},
		{"path does not lead to the organization", func(o *bellhop.Organization) { o.Level = 3 }},
		{"parent is on level 3, below which there are no organizations", func(o *bellhop.Organization) {
			o.Path, o.Level = top+"#"+top+"#"+top+"#"+id, 4
		}},
	} {
		o := bellhop.Organization{ID: id, Name: "Acme", Status: bellhop.OrganizationActive, Path: top + "#" + id, Level: 2}
		test.change(&o)
		check(t, o.Validate(), test.want)
	}
}
