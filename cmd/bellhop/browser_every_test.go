//go:build !race

package main_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"bellhop/internal/testenv"
)

// heaviest is how many bytes a page may load, pictures aside.
const heaviest = 100_000

// TestEveryPage opens each page, light and dark, on a phone and on a wide screen. Nothing is wider than its window, nothing
// comes from elsewhere, no page is heavy, and axe-core finds nothing that somebody could not use. With -shots it keeps a
// picture of each.
//
// axe-core takes most of the time, so it looks three times: at the page as it comes, on a phone; with all opened that can be,
// on a wide screen; and at the colours in the dark.
func TestEveryPage(t *testing.T) {
	chromium := sharedChromium(t)
	axe, err := os.ReadFile(filepath.Join("testdata", "node", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		testenv.Lack(t, "the npm package axe-core in testdata/node")
	}
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	places := furnish(t, s)
	b := newBrowser(t, chromium, 1440, false)
	traffic := watchTraffic(b, s.url)
	var seen []string
	look := func(name, address string) {
		traffic.taken() // by the test, and not by the page
		b.open(s.url + address)
		b.wait("page "+name, func(ctx context.Context) error {
			_, err := lookFor(ctx, "main", "")
			return err
		})
		page, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.dataset.page`))
		b.must(err)
		seen = append(seen, page)
		if bytes := traffic.taken(); bytes > heaviest {
			t.Errorf("%s is %d bytes, more than %d", name, bytes, heaviest)
		}
		usable := func(width int64, scheme string) {
			b.resize(width)
			b.scheme(scheme)
			if wide := b.wide(); wide > width {
				t.Errorf("%s is %d px wide in a window of %d", name, wide, width)
			}
			for _, wrong := range violations(b, string(axe), scheme == "dark") {
				t.Errorf("%s, %d px, %s: %s", name, width, scheme, wrong)
			}
		}
		usable(390, "light")
		b.resize(b.width)
		for _, wrong := range linesOf(b, unusable) {
			t.Errorf("%s: %s", name, wrong)
		}
		b.shoot(name)
		_, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool](openAll))
		b.must(err)
		usable(1440, "light")
		// What is the same on all pages is looked at in the dark at both widths, what is on one page alone at one of them.
		usable([]int64{390, 1440}[len(seen)%2], "dark")
		b.resize(b.width)
		b.scheme("light")
	}

	look("login", "/login")
	h := withMouse(b)
	h.fill("Email", adminEmail)
	h.fill("Password", adminPassword)
	h.press("button", "Log in")
	b.find("button", "Log out")
	traffic.taken()
	for _, place := range places {
		look(place.name, place.address)
	}
	files, err := os.ReadDir(filepath.Join("..", "..", "internal", "ui", "templates", "pages"))
	b.must(err)
	for _, file := range files {
		if page := strings.TrimSuffix(file.Name(), ".html"); !slices.Contains(seen, page) {
			t.Errorf("no place shows the page %s", page)
		}
	}
}

// place is a page at an address.
type place struct{ name, address string }

// furnish fills a server with a little of everything, as hostile as it is allowed, and returns what there is to see.
func furnish(t *testing.T, s *server) []place {
	t.Helper()
	const hostile = `<b onclick="alert(1)">Bob</b>"'&{{.}} `
	admin := s.login()
	r := newReceiver(t, func(path string, n notification) (int, any) {
		if path == "/broken" {
			return http.StatusServiceUnavailable, object{"error": hostile}
		}
		if strings.HasPrefix(n.Event, "message.create.contact") {
			return http.StatusOK, []object{{"text": hostile, "actions": []object{{"type": "reply", "text": "Yes " + hostile, "payload": "yes"}}}}
		}
		return http.StatusOK, object{"ok": hostile}
	})
	var orgs []struct{ ID string }
	admin.must(http.StatusOK, "GET", "/v2/organizations", nil, &orgs)
	top := orgs[0].ID
	child := func(parent, name string) string {
		var o struct{ ID string }
		admin.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": name, "parent": parent}, &o)
		return o.ID
	}
	middle := child(top, "Middle "+hostile)
	child(middle, "Team "+hostile)
	bot := admin.newBot("Robot " + hostile)
	healthy := admin.newWebhook("Orders "+hostile, object{"url": strings.Replace(r.URL, "http://", "http://user:pass@", 1) + "/hook", "events": []string{"message.create.**", "conversation.*", "order.*"}})
	broken := admin.newWebhook("Broken", object{"url": r.URL + "/broken", "events": []string{"order.**"}})
	var unverified service
	admin.must(http.StatusCreated, "POST", "/v2/services", object{"name": "Not there", "type": "webhook", "params": object{"url": "http://127.0.0.1:1/hook"}}, &unverified)
	talk := admin.newConversation("Jenny", hostile+strings.Repeat("word ", 60))
	for _, text := range []string{"/assign", hostile, strings.Repeat("unbroken", 40)} {
		admin.must(http.StatusCreated, "POST", "/v2/conversations/"+talk+"/messages", object{"text": text, "role": "agent"}, nil)
	}
	var event struct{ ID string }
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.created", "data": object{"customer": hostile}}, &event)
	eventually(t, "the broken webhook was tried", func() bool {
		return slices.ContainsFunc(admin.deliveries(broken.ID), func(d delivery) bool { return d.Attempts > 0 })
	})
	eventually(t, "the healthy webhook has got all", func() bool {
		all := admin.deliveries(healthy.ID)
		return len(all) > 3 && !slices.ContainsFunc(all, func(d delivery) bool { return d.Status != "delivered" })
	})
	failing, delivered := admin.deliveries(broken.ID)[0].ID, admin.deliveries(healthy.ID)[0].ID
	again := admin.startReplay(healthy.ID, object{"status": "any"})
	gone := admin.newWebhook("Gone", object{"url": r.URL + "/hook", "events": []string{"order.*"}})
	admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.last"}, nil)
	eventually(t, "the webhook that is deleted has got all", func() bool {
		return len(admin.deliveries(gone.ID)) == 1 && admin.deliveries(gone.ID)[0].Status == "delivered"
	})
	admin.must(http.StatusNoContent, "DELETE", "/v2/services/"+gone.ID, nil, nil)
	organization := "/settings/organizations/" + top
	var me []struct{ ID string }
	admin.must(http.StatusOK, "GET", "/v2/users?email="+adminEmail, nil, &me)
	admin.must(http.StatusCreated, "POST", "/v2/botinstances", object{"bot": bot.ID, "organization": middle, "enabled": true}, nil)
	admin.must(http.StatusCreated, "POST", "/v2/services", object{"name": "Of the robot", "type": "webhook", "bot": bot.ID, "params": object{"url": "http://127.0.0.1:1/hook"}}, nil)
	admin.must(http.StatusCreated, "POST", "/v2/users", object{"name": hostile, "email": "bob@example.com", "role": "agent", "organization": middle}, nil)
	admin.must(http.StatusOK, "PATCH", "/v2/services/"+healthy.ID, object{"meta": object{"note": hostile, "token": "x"}}, nil)
	var records []struct{ ID string }
	admin.must(http.StatusOK, "GET", "/v2/audit?limit=1", nil, &records)
	return []place{
		{"overview", "/"},
		{"schedule", "/schedule"},
		{"schedule-lost", "/schedule?service=" + broken.ID},
		{"search", "/search?q=o"},
		{"settings", "/settings"},
		{"organization", organization},
		{"organizationform", "/settings/organizations/" + middle + "/edit"},
		{"organizationform-new", organization + "/new"},
		{"deleteorganization", "/settings/organizations/" + middle + "/delete"},
		{"audit", "/audit"},
		{"audit-organization", organization + "/audit?kind=service"},
		{"auditrecord", "/audit/" + records[0].ID},
		{"integrations", organization + "/integrations"},
		{"newservice", organization + "/integrations/new"},
		{"events", "/webhooks/events?events=message.create.**+order.*&name=order.created"},
		{"service", "/services/" + healthy.ID},
		{"service-broken", "/services/" + broken.ID},
		{"service-unverified", "/services/" + unverified.ID},
		{"editservice", "/services/" + healthy.ID + "/edit"},
		{"servicecharts", "/services/" + healthy.ID + "/charts"},
		{"servicesettings", "/services/" + healthy.ID + "/settings?show=secret"},
		{"servicereplays", "/services/" + healthy.ID + "/replays"},
		{"newreplay", "/services/" + healthy.ID + "/replays/new"},
		{"replay", "/replays/" + again.ID},
		{"rotate", "/services/" + healthy.ID + "/rotate"},
		{"testevent", "/services/" + healthy.ID + "/test"},
		{"switchoff", "/services/" + healthy.ID + "/switch-off"},
		{"deletedservice", "/services/" + gone.ID},
		{"deleteservice", "/services/" + healthy.ID + "/delete"},
		{"deliveries", "/deliveries"},
		{"delivery", "/deliveries/" + delivered},
		{"delivery-failing", "/deliveries/" + failing},
		{"delivery-request", "/deliveries/" + failing + "?tab=request"},
		{"delivery-curl", "/deliveries/" + failing + "?tab=curl"},
		{"deliveries-filtered", "/deliveries?event=order.**&since=1h&service=" + broken.ID + "&status=pending"},
		{"deliveries-nothing", "/deliveries?event=no.such&service=" + broken.ID},
		{"event", "/events/" + event.ID},
		{"explain", "/services/" + unverified.ID + "/explain?event=" + event.ID},
		{"conversations", "/conversations"},
		{"conversation", "/conversations/" + talk},
		{"bots", "/bots"},
		{"bots-organization", organization + "/bots"},
		{"bot", "/bots/" + bot.ID},
		{"botform", "/bots/" + bot.ID + "/edit"},
		{"botwebhook", "/bots/" + bot.ID + "/webhook?show=secret"},
		{"botplaces", "/bots/" + bot.ID + "/organizations"},
		{"bottokens", "/bots/" + bot.ID + "/tokens"},
		{"confirm", "/bots/" + bot.ID + "/delete"},
		{"users", organization + "/users"},
		{"newuser", organization + "/users/new"},
		{"user", "/users/" + me[0].ID},
		{"account", "/account"},
		{"password", "/account/password"},
		{"developer", "/account/developer"},
		{"startconversation", "/conversations/new"},
		{"failure", "/nowhere"},
		{"docs", "/docs/api"},
		{"docsgroup", "/docs/api/services"},
		{"docsschema", "/docs/api/schemas/" + url.PathEscape("Service")},
	}
}

// unusable are the controls that do nothing without scripts, the tables without a name, and the headings that skip a level.
const unusable = `fetch(location.href).then((answer) => answer.text()).then((text) => {
	const page = new DOMParser().parseFromString(text, "text/html"), wrong = [];
	for (const e of page.querySelectorAll("button, input, select, textarea, a")) {
		const dead = e.matches("a") ? !e.hasAttribute("href") : !e.form || (e.matches("button") ? e.type !== "submit" : !e.name);
		if (dead && !e.closest("[hidden]")) {
			wrong.push("does nothing without scripts: " + e.outerHTML);
		}
	}
	for (const table of page.querySelectorAll("table:not([aria-label], [aria-labelledby], :has(caption))")) {
		wrong.push("a table without a name: " + table.className);
	}
	let level = 0;
	for (const heading of page.querySelectorAll("h1, h2, h3, h4")) {
		if (heading.tagName[1] > level + 1) {
			wrong.push("below h" + level + " comes " + heading.outerHTML);
		}
		level = Number(heading.tagName[1]);
	}
	return JSON.stringify(wrong);
})`

// openAll opens what can be opened, and says whether there is anything.
const openAll = `[...document.querySelectorAll("main details")].map((details) => details.open = true).length > 0`

// linesOf is what a script returns as JSON.
func linesOf(b *browser, script string) (lines []string) {
	b.t.Helper()
	result := call(b, runtime.Evaluate, runtime.EvaluateParams{Expression: script, AwaitPromise: new(true), ReturnByValue: new(true)})
	if result.ExceptionDetails != nil {
		b.t.Fatalf("a script fails: %s", result.ExceptionDetails.Text)
	}
	var text string
	b.must(json.Unmarshal(result.Result.Value, &text))
	b.must(json.Unmarshal([]byte(text), &lines))
	return lines
}

// violations is what axe-core finds, a line for each rule and element. Colours are all that another scheme changes.
func violations(b *browser, axe string, colours bool) []string {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`if (!("axe" in window)) { `+axe+` }; true`))
	b.must(err)
	// What is right on a page is not worked out to the end, which takes most of the time.
	options := `{resultTypes: ["violations"]}`
	if colours {
		options = `{resultTypes: ["violations"], runOnly: ["color-contrast"]}`
	}
	return linesOf(b, `axe.run(`+options+`).then((r) => JSON.stringify(r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary))))`)
}

// traffic is what the browser loads.
type traffic struct {
	mu    sync.Mutex
	bytes map[network.RequestID]int64
}

// watchTraffic counts what is loaded but pictures, and complains about what is not from our server.
func watchTraffic(b *browser, home string) *traffic {
	b.t.Helper()
	tr := &traffic{bytes: map[network.RequestID]int64{}}
	b.must(chromedp.Listen(b.ctx, func(event any) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, home+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
				b.t.Errorf("a page loads %s", e.Request.URL)
			}
		case *network.EventResponseReceived:
			if e.Type != network.ResourceTypeImage && e.Type != network.ResourceTypeEventSource {
				tr.bytes[e.RequestID] = 0
			}
		case *network.EventLoadingFinished:
			if _, ok := tr.bytes[e.RequestID]; ok {
				tr.bytes[e.RequestID] = int64(e.EncodedDataLength)
			}
		}
	}))
	call(b, network.Enable, network.EnableParams{})
	call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	return tr
}

// taken returns how much was loaded since it was asked last.
func (tr *traffic) taken() (sum int64) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, n := range tr.bytes {
		sum += n
	}
	clear(tr.bytes)
	return sum
}
