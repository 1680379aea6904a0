package chipchat

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	defaultHost    = "https://api.web1on1.chat"
	defaultAddress = ":3000"
	defaultWebhook = "/"

	// requestTimeout bounds one request of the default HTTP client, body included.
	requestTimeout = 30 * time.Second
	// idlePerHost: a bot talks to one host from many handlers; the two idle connections that the
	// transport keeps by default would have it dial for nearly every answer.
	idlePerHost = 32
)

// Options say who a bot is and what it listens to. The zero value of every field works
// (docs/contract/sdk.md section 1); a bot without Token and TokenStore can receive, but its requests fail
// with [ErrNoToken].
type Options struct {
	Token        string     // access token; its claims tell the bot's user and organization
	RefreshToken string     // renews Token when it has expired, if Token's scope has admin or bot
	Email        string     // primary email of the bot user; sent as clientId on refresh
	TokenStore   TokenStore // tokens that outlive the process or are shared between processes

	Secret  string // webhook secret; without it signatures are not looked at
	Host    string // API host without /v2; default https://api.web1on1.chat
	Webhook string // path of the server that Start runs; default "/"
	Address string // address of that server when Start is given none; default ":3000"

	// HTTPClient sends the requests; its Transport is the place to add headers to each. Default: a client with a
	// timeout of 30 seconds per request, which follows redirects, but carries no body to another host, or from https
	// to http: there the redirect is an error.
	HTTPClient *http.Client
	Retries    int          // of a GET, PUT or DELETE that may succeed later; default 5, negative: none
	Logger     *slog.Logger // default: slog.Default()

	KeepSelf         bool // also handle messages of the bot's own user
	KeepBots         bool // also handle messages with role bot
	KeepDisabled     bool // also emit messages of organizations where the bot's instance is not enabled
	IgnoreUnjoined   bool // drop messages of conversations that the bot has not joined
	IgnoreOnActivity bool // drop messages while another participant has accepted the conversation
	OnlyFirstMatch   bool // stop after the first text trigger that matches

	PreloadOrganizations bool       // fetch the conversation's organization before handlers run: Conversation.Org
	Pagination           *Paging    // have List follow the pages, within these bounds, and All and Each by default
	Middleware           Middleware // as Use and UseSend add it

	OldSecrets []string      // further secrets that are accepted, such as the one before a rotation
	Signatures []string      // which of SHA1, SHA256 and Standard may prove a delivery, see Verifier; default all
	Tolerance  time.Duration // of the time in Standard Webhooks, see Verifier; default 5 minutes, negative: any
	MaxBody    int64         // bytes of the largest delivery that is read; default 1 MiB
	MaxRunning int           // events handled, but in Ask, or waiting for it at one time, beyond it 503; default 10,000
	Dedupe     DedupeStore   // remembers what was handled; without it repeats are handled again
	Order      *Order        // has events of one conversation wait for each other; without it they overlap
}

// WithEnvironment returns the options with their empty fields taken from the environment: Token from TOKEN, unless there
// is a RefreshToken or a TokenStore, Secret from SECRET, Host from APIHOST, Webhook from WEBHOOK_PATH and Address from
// PORT, of which it is the port alone. getenv is usually [os.Getenv].
func (o Options) WithEnvironment(getenv func(string) string) Options {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	if o.RefreshToken == "" && o.TokenStore == nil {
		fill(&o.Token, getenv("TOKEN"))
	}
	fill(&o.Secret, getenv("SECRET"))
	fill(&o.Host, getenv("APIHOST"))
	fill(&o.Webhook, getenv("WEBHOOK_PATH"))
	if port := getenv("PORT"); port != "" {
		fill(&o.Address, ":"+port)
	}
	return o
}

// completed returns the options with defaults in place of zero values.
func (o Options) completed() (Options, error) {
	if o.Host == "" {
		o.Host = defaultHost
	}
	host, err := cleanHost(o.Host)
	if err != nil {
		return o, err
	}
	o.Host = host
	if o.Address == "" {
		o.Address = defaultAddress
	}
	if o.Webhook == "" {
		o.Webhook = defaultWebhook
	}
	o.Webhook = leadingSlash(o.Webhook)
	if o.HTTPClient == nil {
		o.HTTPClient = defaultClient()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Retries == 0 {
		o.Retries = defaultRetries
	}
	return o, o.completeSafety()
}

func leadingSlash(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path
}

// cleanHost checks an API host. Its error never repeats the host, which may carry a password.
func cleanHost(host string) (string, error) {
	u, err := url.Parse(host)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("host should be an absolute http or https URL")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("host should have no query and no fragment")
	}
	return strings.TrimRight(host, "/"), nil
}

func defaultClient() *http.Client {
	client := &http.Client{Timeout: requestTimeout, CheckRedirect: stay}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport := standard.Clone()
		transport.MaxIdleConnsPerHost = idlePerHost
		client.Transport = transport
	}
	return client
}

// maxRedirects is how many redirects in a row are followed.
const maxRedirects = 10

// stay follows redirects, but brings nothing that is sent to another host, or onto the open road: passwords, refresh
// tokens and messages are for the host that was named. The redirect itself is the answer then.
func stay(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	elsewhere := next.URL.Host != first.Host || first.Scheme == "https" && next.URL.Scheme != "https"
	if elsewhere && next.Method != http.MethodGet && next.Method != http.MethodHead || len(before) >= maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}
