package ui

import (
	"strconv"

	"bellhop"
)

// recordsShown is how many audit records stand on a page.
const recordsShown = 50

// recordsCounted is how far they are counted (docs/contract/resources.md section 4).
const recordsCounted = 10_000

const tabAudit = "Audit"

func auditPath(id bellhop.ID) string  { return orgPath(id) + "/audit" }
func recordPath(id bellhop.ID) string { return "/audit/" + string(id) }

type auditPage struct {
	frame
	Answer string
	Filter auditFilter
	Days   []auditDay
	Paging *paging
}

// auditDay is what happened on one day, in UTC.
type auditDay struct {
	Date    string
	Records []auditRow
}

func (*auditPage) template() string { return "audit" }

// audit lists who changed what wherever the visitor is an admin.
func (ui *UI) audit(v *visit) error {
	p, err := v.auditList("/audit", "")
	if err != nil {
		return err
	}
	p.frame = frame{Title: "Who changed what", Section: inSettings, Trail: []link{{Text: "Settings", To: "/settings"}}}
	return v.show(p)
}

// organizationAudit lists it for an organization and all below it.
func (ui *UI) organizationAudit(v *visit) error {
	var o bellhop.Organization
	if err := v.get(bellhop.Organizations, v.id(), &o); err != nil {
		return err
	}
	if err := v.caller.Require(o.Path, bellhop.AuditRecords.Access.List); err != nil {
		return err
	}
	p, err := v.auditList(auditPath(o.ID), o.Path)
	if err != nil {
		return err
	}
	p.frame = organizationFrame(&o, tabAudit, "Audit")
	return v.show(p)
}

// auditList is the part of a list of records that a request asks for; below is the path of the
// organization that it is about, "" for all.
func (v *visit) auditList(here, below string) (*auditPage, error) {
	p := &auditPage{Filter: readAuditFilter(here, v.r.URL.Query())}
	filter := p.Filter.query()
	if below != "" {
		filter.Set("orgPath", "^"+below)
	}
	offset := offsetOf(v.r)
	filter.Set("limit", strconv.Itoa(recordsShown+1))
	filter.Set("offset", strconv.Itoa(offset))
	page, err := v.ui.resources.AuditRecords(v.r.Context(), v.caller, filter.Encode())
	if err != nil {
		return nil, err
	}
	records, err := decodeAll[bellhop.AuditRecord](bellhop.AuditRecords, page.Items)
	if err != nil {
		return nil, err
	}
	total := max(page.Total, offset+len(records))
	records = records[:min(len(records), recordsShown)]
	rows, err := v.auditRows(records, here)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		date := records[i].CreatedAt.Time().Format("Monday, 2 January 2006")
		if n := len(p.Days); n == 0 || p.Days[n-1].Date != date {
			p.Days = append(p.Days, auditDay{Date: date})
		}
		day := &p.Days[len(p.Days)-1]
		day.Records = append(day.Records, row)
	}
	p.Filter.name(records)
	p.Answer = auditAnswer(total, p.Filter.Active())
	p.Paging = pagingOf(v.r, offset, recordsShown, len(records), total, recordsCounted).byTime()
	return p, nil
}

func auditAnswer(total int, filtered bool) string {
	what := "changes"
	if total == 1 {
		what = "change"
	}
	switch {
	case total == 0 && filtered:
		return "Nothing that was recorded is like that."
	case total == 0:
		return "Nothing has been recorded yet."
	case filtered:
		return counted(total, recordsCounted) + " " + what + " like that, the newest first."
	}
	return counted(total, recordsCounted) + " " + what + " recorded, the newest first."
}

type auditRecordPage struct {
	frame
	Row   auditRow
	Facts []fact
}

func (*auditRecordPage) template() string { return "auditrecord" }

// auditRecord shows one record, with all that it has.
func (ui *UI) auditRecord(v *visit) error {
	body, err := ui.resources.AuditRecord(v.r.Context(), v.caller, v.id(), "")
	if err != nil {
		return err
	}
	var r bellhop.AuditRecord
	if err := decode(bellhop.AuditRecords, body, &r); err != nil {
		return err
	}
	rows, err := v.auditRows([]bellhop.AuditRecord{r}, "/audit")
	if err != nil {
		return err
	}
	p := &auditRecordPage{Row: rows[0]}
	p.frame = frame{Title: "What was changed", Section: inSettings, Trail: []link{{Text: "Settings", To: "/settings"}, {Text: "Who changed what", To: "/audit"}}}
	p.Facts = ui.recordFacts(&r, rows[0])
	return v.show(p)
}

func (ui *UI) recordFacts(r *bellhop.AuditRecord, row auditRow) []fact {
	at := momentAt(r.CreatedAt, "2 January 2006, 15:04:05 UTC")
	facts := []fact{{Name: "When", At: at}, {Name: "Who", Value: row.Who.Text, To: row.Who.To}}
	for _, f := range []fact{
		{Name: "Role then", Value: string(r.Role)}, {Name: "User id", Value: string(r.User), Code: true}, {Name: "How", Value: viaWords(r.Via)}, {Name: "From", Value: r.Address, Code: true},
		{Name: "Kind", Value: kindWords(r.Kind)}, {Name: "Id", Value: r.Object, Code: true}, {Name: "Why", Value: r.Reason},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	if row.Place != nil {
		facts = append(facts, fact{Name: "Organization", Value: row.Place.Text, To: row.Place.To})
	}
	return facts
}
