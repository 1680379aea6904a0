package store

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

func openForLists(t testing.TB) *DB {
	t.Helper()
	if err := registerFold(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Config{Dir: t.TempDir(), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// insert stores what fill adds, in one transaction.
func insert(t testing.TB, db *DB, kind *bellhop.Kind, fill func(add func(*bellhop.Document))) {
	t.Helper()
	var docs []*bellhop.Document
	fill(func(doc *bellhop.Document) { docs = append(docs, doc) })
	err := db.Update(t.Context(), func(tx *Tx) error {
		for _, doc := range docs {
			if err := tx.Insert(t.Context(), kind, doc); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func listIDs(t testing.TB, db *DB, kind *bellhop.Kind, q *query.Query, v Visible) (ids []string, total int) {
	t.Helper()
	err := db.View(t.Context(), func(tx *Tx) (err error) {
		var docs []*bellhop.Document
		docs, total, err = tx.List(t.Context(), kind, q, v)
		for _, doc := range docs {
			ids = append(slices.Clip(ids), string(doc.ID))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, total
}

// fill stores documents of a kind, given as JSON without the common fields. Their ids count from 1,
// a second lies between them, and the first organization owns them.
func fill(t testing.TB, db *DB, kind *bellhop.Kind, bodies ...string) {
	t.Helper()
	insert(t, db, kind, func(add func(*bellhop.Document)) {
		for i, body := range bodies {
			fields := map[string]any{}
			if err := json.Unmarshal([]byte(body), &fields); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			doc := &bellhop.Document{
				ID: numberedID(i + 1), Organization: bellhop.ID(someOrgs[0]), OrgPath: someOrgs[0],
				CreatedAt: bellhop.Time(1706659200000 + 1000*i), UpdatedAt: bellhop.Time(1706659200000 + 1000*i),
			}
			if conversation, ok := fields["conversation"].(string); ok {
				doc.Parent = bellhop.ID(conversation)
			}
			fields["id"], fields["createdAt"], fields["updatedAt"] = doc.ID, doc.CreatedAt, doc.UpdatedAt
			if kind.Field("orgPath") != nil && kind.Name != "user" {
				fields["organization"], fields["orgPath"] = doc.Organization, doc.OrgPath
			}
			doc.Body = encode(fields)
			add(doc)
		}
	})
}

func numberedID(n int) bellhop.ID { return bellhop.ID(fmt.Sprintf("%024x", n)) }

// numbers lists what rawQuery asks for and returns which of the documents of fill came, in
// their order, and the total.
func numbers(t *testing.T, db *DB, kind *bellhop.Kind, rawQuery string, v Visible) (found []int, total int) {
	t.Helper()
	ids, total := listIDs(t, db, kind, mustQuery(t, kind, rawQuery), v)
	for _, id := range ids {
		n, _ := strconv.ParseInt(id, 16, 64)
		found = append(found, int(n))
	}
	return found, total
}

type listTest struct {
	query string
	want  []int
}

func mustQuery(t *testing.T, kind *bellhop.Kind, rawQuery string) *query.Query {
	t.Helper()
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		t.Fatalf("Parse(%s) = %v", rawQuery, err)
	}
	return q
}

func checkLists(t *testing.T, db *DB, kind *bellhop.Kind, tests []listTest) {
	t.Helper()
	for _, test := range tests {
		got, total := numbers(t, db, kind, test.query, Visible{All: true})
		if !slices.Equal(got, test.want) || total != len(test.want) {
			t.Errorf("%s?%s = %v of %d, want %v", kind.Plural, test.query, got, total, test.want)
		}
	}
}

// The rows of the tables in docs/contract/resources.md section 4, and the sentences below them.
//
// Contract: resources.md Filter operators: v | equal
// Contract: resources.md Filter operators: !v | not equal
// Contract: resources.md Filter operators: ~v | contains
// Contract: resources.md Filter operators: ^v | starts with
// Contract: resources.md Filter operators: $v | ends with
// Contract: resources.md Filter operators: >v >=v | greater
// Contract: resources.md Filter operators: <v <=v | less
// Contract: resources.md Filter operators: [a,b,...] | any of
// Contract: resources.md Filter operators: ![a,b] | none of
// Contract: resources.md Filter operators: empty | field exists
// Contract: resources.md Filter operators: ! alone | field does not exist
// Contract: resources.md Filter operators: name ending in [], repeated
// Contract: resources.md Filter operators: same name repeated without []
// Contract: resources.md Filter operators: ~ ^ $ take plain text
// Contract: resources.md Filter operators: The value is converted
// Contract: resources.md Filter operators: Arrays: a filter on an array field
// Contract: resources.md Filter operators: meta.a.b=v matches
// Contract: resources.md Filter operators: A field that does not exist
// Contract: resources.md Filter operators: They match string fields
// Contract: resources.md Filter operators: For meta.*
func TestFilterOperators(t *testing.T) { forEngines(t, testFilterOperators) }

func testFilterOperators(t *testing.T, db *DB) {
	fill(t, db, bellhop.Conversations,
		`{"name":"Tour","status":"active","categoryIndex":0,"tags":["red","Blue"],"meta":{"intent":"greeting","n":5,"b":true,"a.b":"flat"},
		  "participants":[{"user":"u1","name":"Ada","inbox":true,"active":false},{"user":"u2","name":"Bob","inbox":false,"active":true}]}`,
		`{"name":"tourist","status":"queued","categoryIndex":3,"tags":[],"meta":{"intent":"Farewell","n":"5","b":"true","a":{"b":"nested"}},
		  "participants":[{"user":"u2","inbox":false}]}`,
		`{"name":"","status":"closed","categoryIndex":10,"tags":["red"],"meta":{},"participants":[]}`,
		`{"name":null,"status":"active","meta":{"intent":null,"list":["x",7,{"k":"v"}]}}`,
	)
	checkLists(t, db, bellhop.Conversations, []listTest{
		{"name=Tour", []int{1}},
		{"name=tour", nil},
		{"name=!Tour", []int{2, 3, 4}},
		{"name=~OUR", []int{1, 2}},
		{"name=~", []int{1, 2, 3}},
		{"name=^TOUR", []int{1, 2}},
		{"name=^our", nil},
		{"name=$IST", []int{2}},
		{"name=$", []int{1, 2, 3}},
		{"name=$xtourist", nil},
		{"name=>Tour", []int{2}},
		{"name=>=Tour", []int{1, 2}},
		{"name=<tourist", []int{1, 3}},
		{"name=<=tourist", []int{1, 2, 3}},
		{"status=[active,queued]", []int{1, 2, 4}},
		{"status=%5Bactive%2Cqueued%5D", []int{1, 2, 4}},
		{"status[]=active&status[]=closed", []int{1, 3, 4}},
		{"status=[!active]", nil},
		{"status=[]", nil},
		{"status=![active,queued]", []int{3}},
		{"status=![]", []int{1, 2, 3, 4}},
		{"name=", []int{1, 2, 3}},
		{"name=!", []int{4}},
		{"tags=red&tags=Blue", []int{1}},

		// Conversion to the field's type.
		{"categoryIndex=3", []int{2}},
		{"categoryIndex=3.0", []int{2}},
		{"categoryIndex=>3", []int{3}},
		{"categoryIndex=<=3", []int{1, 2}},
		{"categoryIndex=three", nil},
		{"categoryIndex=>three", nil},
		{"categoryIndex=!three", []int{1, 2, 3, 4}},
		{"categoryIndex=[three,3]", []int{2}},
		{"categoryIndex=![three,3]", []int{1, 3, 4}},
		{"categoryIndex=~1", nil},
		{"categoryIndex=", []int{1, 2, 3}},
		{"categoryIndex=!", []int{4}},
		{"createdAt=2024-01-31", []int{1}},
		{"createdAt=>2024-01-31", []int{2, 3, 4}},
		{"updatedAt=>=2024-01-31", []int{1, 2, 3, 4}},
		{"updatedAt=<2024-01-31T00:00:02Z", []int{1, 2}},
		{"createdAt=<=2024-01-31T01:00:01%2B01:00", []int{1, 2}},
		{"createdAt=soon", nil},
		{"createdAt=!soon", []int{1, 2, 3, 4}},
		{"createdAt=^2024", nil},

		// Fields without a type.
		{"type=!&meta.n=5", []int{1, 2}},
		{"type=!&meta.n=5.0", []int{1}},
		{"type=!&meta.n=!5", []int{3, 4}},
		{"type=!&meta.n=>4", []int{1, 2}},
		{"type=!&meta.b=true", []int{1, 2}},
		{"type=!&meta.b=[false,x]", nil},
		{"type=!&meta.intent=greeting", []int{1}},
		{"type=!&meta.intent=~FARE", []int{2}},
		{"type=!&meta.intent=", []int{1, 2}},
		{"type=!&meta.intent=!", []int{3, 4}},
		{"type=!&meta.a.b=flat", []int{1}},
		{"type=!&meta.a.b=nested", []int{2}},
		{"type=!&meta.a.b=", []int{1, 2}},
		{"type=!&meta.a=", []int{2}},
		{"type=!&meta.list=x", []int{4}},
		{"type=!&meta.list=7", []int{4}},
		{"type=!&meta.list.k=v", []int{4}},
		{"type=!&meta=", []int{1, 2, 3, 4}},
		{"type=!&meta=x", nil},

		// Arrays.
		{"tags=red", []int{1, 3}},
		{"tags=!red", []int{2, 4}},
		{"tags=~BLU", []int{1}},
		{"tags=$ED", []int{1, 3}},
		{"tags=", []int{1, 2, 3}},
		{"tags=!", []int{4}},
		{"participants.inbox=true", []int{1}},
		{"participants.inbox=!true", []int{2, 3, 4}},
		{"participants.inbox=maybe", nil},
		{"participants.user=u2&participants.name=Ada", []int{1}},
		{"participants.user=[u1,u9]", []int{1}},
		{"participants.name=!", []int{2, 3, 4}},
		{"participants=", []int{1, 2, 3}},
		{"participants.nosuch=", nil},

		// Fields that do not exist.
		{"nosuch=x", nil},
		{"nosuch=!x", []int{1, 2, 3, 4}},
		{"nosuch=", nil},
		{"nosuch=!", []int{1, 2, 3, 4}},
		{"name.x=Tour", nil},
		{"messages.x=", nil},

		// Columns.
		{"id=000000000000000000000002", []int{2}},
		{"id=[000000000000000000000002,000000000000000000000003,x]", []int{2, 3}},
		{"id=!000000000000000000000002", []int{1, 3, 4}},
		{"organization=" + someOrgs[0], []int{1, 2, 3, 4}},
		{"organization=!" + someOrgs[0], nil},
		{"orgPath=^64B0", []int{1, 2, 3, 4}},
		{"orgPath=^64b0f1a2c3d4e5f60718293a%23", nil},
		{"orgPath=^", []int{1, 2, 3, 4}},
		{"orgPath=^~", nil},
		{"orgPath=~93A", []int{1, 2, 3, 4}},
		{"orgPath=$3b", nil},
	})
}

// Contract: resources.md sort, limit, offset, select, populate: sort=field,-field2
// Contract: resources.md sort, limit, offset, select, populate: limit | default 100
// Contract: resources.md sort, limit, offset, select, populate: offset | default 0
func TestSortAndPages(t *testing.T) { forEngines(t, testSortAndPages) }

func testSortAndPages(t *testing.T, db *DB) {
	fill(t, db, bellhop.Bots,
		`{"name":"b","tags":["m","z"],"x":5,"enabled":true}`, `{"name":"a","tags":["n"],"x":"5","enabled":false}`,
		`{"name":"b","tags":[],"x":10}`, `{"name":"B","x":true}`, `{"tags":["a","q"]}`,
	)
	for _, test := range []struct {
		query string
		want  []int
		total int
	}{
		{"", []int{1, 2, 3, 4, 5}, 5},
		{"sort=-createdAt", []int{5, 4, 3, 2, 1}, 5},
		{"sort=name", []int{5, 4, 2, 1, 3}, 5},
		{"sort=-name", []int{3, 1, 2, 4, 5}, 5},
		{"sort=name,-id", []int{5, 4, 2, 3, 1}, 5},
		{"sort=-name,createdAt", []int{1, 3, 2, 4, 5}, 5},
		{"sort=-id,name", []int{5, 4, 3, 2, 1}, 5},
		{"sort=tags", []int{3, 4, 5, 1, 2}, 5},
		{"sort=-tags", []int{1, 5, 2, 4, 3}, 5},
		{"sort=x", []int{5, 4, 1, 3, 2}, 5},
		{"sort=enabled", []int{3, 4, 5, 2, 1}, 5},
		{"sort=-nosuch", []int{5, 4, 3, 2, 1}, 5},
		{"limit=2", []int{1, 2}, 5},
		{"limit=2&offset=2", []int{3, 4}, 5},
		{"limit=2&offset=4", []int{5}, 5},
		{"limit=5", []int{1, 2, 3, 4, 5}, 5},
		{"limit=2&offset=6", nil, 5},
		{"limit=1&name=b", []int{1}, 2},
		{"offset=99999999999", nil, 5},
	} {
		got, total := numbers(t, db, bellhop.Bots, test.query, Visible{All: true})
		if !slices.Equal(got, test.want) || total != test.total {
			t.Errorf("bots?%s = %v of %d, want %v of %d", test.query, got, total, test.want, test.total)
		}
	}
}

// Contract: resources.md Filter operators: References compare by id
// Contract: resources.md Filter operators: On users, organization
func TestUsersAreFoundByAnyOrganization(t *testing.T) {
	forEngines(t, testUsersAreFoundByAnyOrganization)
}

func testUsersAreFoundByAnyOrganization(t *testing.T, db *DB) {
	entry := func(organization, role string) string {
		return fmt.Sprintf(`{"organization":%q,"orgPath":%q,"role":%q}`, organization, somePaths[organization], role)
	}
	fill(t, db, bellhop.Users,
		`{"name":"one","role":"nobody","organizations":[`+entry(someOrgs[0], "admin")+`,`+entry(someOrgs[3], "agent")+`]}`,
		`{"name":"two","organizations":[`+entry(someOrgs[2], "agent")+`]}`,
		`{"name":"three","organizations":[]}`,
	)
	checkLists(t, db, bellhop.Users, []listTest{
		{"organization=" + someOrgs[3], []int{1}},
		{"organization=!" + someOrgs[3], []int{2, 3}},
		{"role=agent", []int{1, 2}},
		{"role=nobody", nil},
		{"role=[admin,owner]", []int{1}},
		{"orgPath=^" + someOrgs[0], []int{1, 2}},
		{"organizations.role=agent", []int{1, 2}},
		{"organization=", []int{1, 2}},
	})
	for _, test := range []struct {
		v    Visible
		want []int
	}{
		{Visible{}, nil},
		{Visible{Roots: []string{someOrgs[3]}}, []int{1}},
		{Visible{Roots: []string{somePaths[someOrgs[1]]}}, []int{2}},
		{Visible{Roots: []string{someOrgs[0]}}, []int{1, 2}},
		{Visible{Organizations: []bellhop.ID{bellhop.ID(someOrgs[2])}}, []int{2}},
		{Visible{IDs: []bellhop.ID{numberedID(3)}}, []int{3}},
		{Visible{Roots: []string{someOrgs[3]}, IDs: []bellhop.ID{numberedID(3)}}, []int{1, 3}},
	} {
		if got, _ := numbers(t, db, bellhop.Users, "", test.v); !slices.Equal(got, test.want) {
			t.Errorf("users visible to %+v = %v, want %v", test.v, got, test.want)
		}
	}
}

func TestConversationsAreFoundByTheirMessages(t *testing.T) {
	forEngines(t, testConversationsAreFoundByTheirMessages)
}

func testConversationsAreFoundByTheirMessages(t *testing.T, db *DB) {
	fill(t, db, bellhop.Conversations, `{}`, `{}`)
	fill(t, db, bellhop.Messages,
		`{"conversation":"`+string(numberedID(2))+`"}`, `{"conversation":"`+string(numberedID(2))+`"}`, `{}`)
	checkLists(t, db, bellhop.Conversations, []listTest{
		{"messages=" + string(numberedID(1)), []int{2}},
		{"messages=!" + string(numberedID(1)), []int{1}},
		{"messages=", []int{1, 2}},
		{"messages=!", nil},
		{"sort=-messages", []int{2, 1}},
	})
	checkLists(t, db, bellhop.Messages, []listTest{
		{"conversation=" + string(numberedID(2)), []int{1, 2}},
		{"conversation=!" + string(numberedID(2)), []int{3}},
		{"conversation=", []int{1, 2}},
		{"conversation=!", []int{3}},
		{"conversation=[,x]", nil},
		{"conversation=<x", []int{1, 2}},
	})
}

func TestVisibleIsARangeOfPaths(t *testing.T) { forEngines(t, testVisibleIsARangeOfPaths) }

func testVisibleIsARangeOfPaths(t *testing.T, db *DB) {
	paths := []string{"ab", "ab#cd", "ab#cd#ef", "abc", "ab0", "aa", "ac"}
	insert(t, db, bellhop.Contacts, func(add func(*bellhop.Document)) {
		for i, path := range paths {
			add(&bellhop.Document{ID: numberedID(i + 1), Organization: "o", OrgPath: path, Body: []byte(`{}`)})
		}
	})
	var others []string // more than a text has room for
	var ids []bellhop.ID
	for i := range 5000 {
		others = append(others, fmt.Sprintf("ffff%d", i))
		ids = append(ids, numberedID(100+i))
	}
	for _, test := range []struct {
		v    Visible
		want []int
	}{
		{Visible{}, nil},
		{Visible{Roots: []string{""}}, nil},
		{Visible{Roots: []string{"ab"}}, []int{1, 2, 3}},
		{Visible{Roots: []string{"ab#cd"}}, []int{2, 3}},
		{Visible{Roots: []string{"ab#cd", "aa"}}, []int{2, 3, 6}},
		{Visible{Roots: append(slices.Clip(others), "ab#cd", ""), IDs: append(slices.Clip(ids), numberedID(7))}, []int{2, 3, 7}},
		{Visible{Organizations: append(slices.Clip(ids), "o")}, []int{1, 2, 3, 4, 5, 6, 7}},
		{Visible{IDs: []bellhop.ID{numberedID(4)}}, []int{4}},
	} {
		if got, total := numbers(t, db, bellhop.Contacts, "", test.v); !slices.Equal(got, test.want) || total != len(test.want) {
			t.Errorf("visible to %d roots, %d organizations, %d ids = %v of %d, want %v",
				len(test.v.Roots), len(test.v.Organizations), len(test.v.IDs), got, total, test.want)
		}
	}
}

func TestListTakesEverythingThatParseTakes(t *testing.T) {
	forEngines(t, testListTakesEverythingThatParseTakes)
}

func testListTakesEverythingThatParseTakes(t *testing.T, db *DB) {
	fill(t, db, bellhop.Bots, `{"meta":{"k":"v"}}`)
	values := "[" + strings.TrimSuffix(strings.Repeat("v,", 500), ",") + "]"
	for name, rawQuery := range map[string]string{
		"filters":  strings.TrimSuffix(strings.Repeat("meta.k=~v&", 100), "&"),
		"values":   "meta.k=" + values + "&x=!" + values,
		"sort":     "sort=a.b,-c.d,e,f,g,-h.i.j,k,l,m,-tags",
		"depth":    "meta" + strings.Repeat(".k", 19) + "=!",
		"brackets": "meta.k=v&tags=!" + values + "&meta=!x",
	} {
		if got, _ := numbers(t, db, bellhop.Bots, rawQuery, Visible{All: true}); len(got) != 1 {
			t.Errorf("%s: found %d", name, len(got))
		}
	}
}

// As many values as the dialect takes are no expression that is too deep for the database.
//
// Contract: resources.md Filter operators: At most 100 filters
func TestListsTakeManyValues(t *testing.T) { forEngines(t, testListsTakeManyValues) }

func testListsTakeManyValues(t *testing.T, db *DB) {
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = bellhop.NewUUID(1706659200000, int64(i+1), 0).String()
	}
	q, err := query.Parse(bellhop.Deliveries, "id=["+strings.Join(ids, ",")+"]")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.ViewDeliveries(t.Context(), func(tx *Tx) error {
		_, _, err := tx.Deliveries(t.Context(), q, Visible{All: true})
		return err
	}); err != nil {
		t.Errorf("%d ids: %v", len(ids), err)
	}
}

// A source may have columns of other forms, and no document: as lists of deliveries do.
//
// Contract: resources.md Pagination headers: X-Total-Count | number of matches
func TestSourceOfColumns(t *testing.T) { forEngines(t, testSourceOfColumns) }

func testSourceOfColumns(t *testing.T, db *DB) {
	src := source{
		columns: "r.n",
		from:    "(SELECT 1 AS n, 0 AS state, '' AS failure, 0 AS done UNION ALL SELECT 2, 1, 'status 503', 1706659200000 UNION ALL SELECT 3, 2, 'Timeout', 0) AS r",
		id:      "r.n",
		column: func(_ dialect, path query.Path) (column, bool) {
			c, ok := map[string]column{
				"n":       {expr: "r.n", typ: bellhop.Number},
				"status":  {expr: "r.state", names: []string{"pending", "delivered", "dead"}},
				"failure": {expr: "r.failure", missing: "''"},
				"done":    {expr: "r.done", typ: bellhop.Date, missing: "0"},
				"id": {expr: "r.n", opaque: true, equal: func(s *selection, value string) string {
					if !strings.HasPrefix(value, "row-") {
						return ""
					}
					return "'row-' || r.n = " + s.add(value)
				}},
			}[path.String()]
			return c, ok
		},
		visible: func(s *selection, v Visible) string { return s.isID("r.n", v.IDs) },
	}
	kind := &bellhop.Kind{Name: "row", Plural: "rows"}
	list := func(rawQuery string) (found []int, total int) {
		q, err := query.Parse(kind, rawQuery)
		if err != nil {
			t.Fatal(err)
		}
		err = db.View(t.Context(), func(tx *Tx) (err error) {
			total, err = tx.list(t.Context(), src, q, Visible{All: true}, func(row scanner) error {
				var n int
				err := row.Scan(&n)
				found = append(found, n)
				return err
			})
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", rawQuery, err)
		}
		return found, total
	}
	for _, test := range []listTest{
		{"", []int{1, 2, 3}},
		{"status=dead", []int{3}},
		{"status=!dead", []int{1, 2}},
		{"status=[pending,dead]", []int{1, 3}},
		{"status=^DE", []int{2, 3}},
		{"status=~end", []int{1}},
		{"status=$d", []int{2, 3}},
		{"status=>dead", []int{1, 2}},
		{"status=>=dead&status=<=delivered&status=<delivered", []int{3}},
		{"status=nosuch", nil},
		{"status=!nosuch", []int{1, 2, 3}},
		{"status=", []int{1, 2, 3}},
		{"failure=", []int{2, 3}},
		{"failure=!", []int{1}},
		{"failure=~TIME", []int{3}},
		{"failure=<z", []int{2, 3}},
		{"failure=!Timeout", []int{1, 2}},
		{"done=", []int{2}},
		{"done=<2025-01-01", []int{2}},
		{"done=2024-01-31", []int{2}},
		{"id=row-2", []int{2}},
		{"id=[row-2,x,row-3]", []int{2, 3}},
		{"id=x", nil},
		{"id=!row-2", []int{1, 3}},
		{"id=^row", nil},
		{"id=", []int{1, 2, 3}},
		{"meta.x=1", nil},
		{"meta.x=!1", []int{1, 2, 3}},
		{"sort=-n", []int{3, 2, 1}},
		{"sort=meta.x,-done", []int{2, 3, 1}},
	} {
		if got, total := list(test.query); !slices.Equal(got, test.want) || total != len(test.want) {
			t.Errorf("%s = %v of %d, want %v", test.query, got, total, test.want)
		}
	}
	src.countMost = 2
	for _, rawQuery := range []string{"limit=1", "", "limit=1&offset=2"} {
		if _, total := list(rawQuery); total != 2 {
			t.Errorf("%s: counted %d, want 2", rawQuery, total)
		}
	}
}

// What a client writes never becomes SQL or a JSON path.
func TestHostileKeysAndValues(t *testing.T) { forEngines(t, testHostileKeysAndValues) }

func testHostileKeysAndValues(t *testing.T, db *DB) {
	insert(t, db, bellhop.Contacts, func(add func(*bellhop.Document)) {
		for i, key := range hostileKeys {
			add(&bellhop.Document{ID: numberedID(i + 1), Body: encode(map[string]any{"meta": map[string]any{key: "'); DROP TABLE contacts; --" + key}})})
		}
	})
	for i, key := range hostileKeys {
		form := "meta." + url.QueryEscape(key) + "=" + url.QueryEscape("'); DROP TABLE contacts; --"+key)
		if got, _ := numbers(t, db, bellhop.Contacts, form, Visible{All: true}); !slices.Equal(got, []int{i + 1}) {
			t.Errorf("meta[%q] finds %v, want %d", key, got, i+1)
		}
	}
	for _, name := range []string{"x') FROM contacts --", `x"`, "$", "*", "name'", "d.doc", "doc", "sealed"} {
		form := url.QueryEscape(name) + "=!&sort=" + url.QueryEscape(name)
		if _, total := numbers(t, db, bellhop.Contacts, form, Visible{All: true}); total != len(hostileKeys) {
			t.Errorf("without a field %q there are %d", name, total)
		}
	}
}
