package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// permitted is the allow list of the last column of addresses. Its networks stand for those of a house:
// some of what is private is in it, some is not.
var permitted = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("fe80::/10"),
}

const (
	creation = "creation" // CheckURL refuses it
	dial     = "dial"     // CheckURL cannot know; Do refuses it
)

// addresses are URLs that lead into the house, or try to. dns is what its name resolves to, for those
// that have one. refused says when it is refused without a list, listed what happens with the list of
// permitted: the one address that is dialed, or when it is refused all the same.
var addresses = []struct{ url, dns, refused, listed string }{
	// IPv4 in all its spellings.
	{"http://127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://127.0.0.1:8080/", "", creation, "127.0.0.1"},
	{"https://127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://127.255.255.254/", "", creation, "127.255.255.254"},
	{"http://127.0.0.1./", "", creation, "127.0.0.1"},
	{"http://127.0.0.1../", "", creation, creation},
	{"http://.127.0.0.1/", "", creation, creation},
	{"http://127.1/", "", creation, "127.0.0.1"},
	{"http://127.0.1/", "", creation, "127.0.0.1"},
	{"http://127.257/", "", creation, "127.0.1.1"},
	{"http://127.1./", "", creation, "127.0.0.1"},
	{"http://2130706433/", "", creation, "127.0.0.1"},
	{"http://2130706433./", "", creation, "127.0.0.1"},
	{"http://02130706433/", "", "17.99.141.27", "17.99.141.27"}, // in base 8, and nothing else is dialed
	{"http://4294967296/", "", creation, creation},
	{"http://6425673729/", "", creation, creation}, // 127.0.0.1 once more than 32 bits hold
	{"http://340282366920938463463374607431768211455/", "", creation, creation},
	{"http://0x7f000001/", "", creation, "127.0.0.1"},
	{"http://0X7F000001/", "", creation, "127.0.0.1"},
	{"http://0x000000007f000001/", "", creation, "127.0.0.1"},
	{"http://0x1007f000001/", "", creation, creation},
	{"http://0x7f.0x0.0x0.0x1/", "", creation, "127.0.0.1"},
	{"http://0x7f.1/", "", creation, "127.0.0.1"},
	{"http://0x7f.0.0x1/", "", creation, "127.0.0.1"},
	{"http://0177.0.0.1/", "", creation, "127.0.0.1"},
	{"http://00177.0.0.01/", "", creation, "127.0.0.1"},
	{"http://0000000177.0.0.1/", "", creation, "127.0.0.1"},
	{"http://0177.0x0.0.1/", "", creation, "127.0.0.1"},
	{"http://017700000001/", "", creation, "127.0.0.1"},
	{"http://0177.1/", "", creation, "127.0.0.1"},
	{"http://127.0.0.01/", "", creation, "127.0.0.1"},
	{"http://127.0.0.0x1/", "", creation, "127.0.0.1"},
	{"http://127.0.0.08/", "", creation, creation},
	{"http://127.0.0.256/", "", creation, creation},
	{"http://383.0.0.1/", "", creation, creation}, // 127 + 256
	{"http://127.0.0.1.1/", "", creation, creation},
	{"http://127..1/", "", creation, creation},
	{"http://127.0.0.-1/", "dies", dial, dial}, // a name for us, and in no zone
	{"http://+127.0.0.1/", "", creation, creation},
	{"http://0/", "", creation, creation},
	{"http://00/", "", creation, creation},
	{"http://0x0/", "", creation, creation},
	{"http://0x/", "", creation, creation},
	{"http://0.0/", "", creation, creation},
	{"http://0.0.0.0/", "", creation, creation},
	{"http://0.0.0.0:22/", "", creation, creation},
	{"http://0.1.2.3/", "", creation, creation},
	{"http://10.0.0.1/", "", creation, "10.0.0.1"},
	{"http://10.255.255.255/", "", creation, "10.255.255.255"},
	{"http://10.1/", "", creation, "10.0.0.1"},
	{"http://167772161/", "", creation, "10.0.0.1"},
	{"http://012.0.0.1/", "", creation, "10.0.0.1"},
	{"http://0xa000001/", "", creation, "10.0.0.1"},
	{"http://172.16.0.1/", "", creation, creation},
	{"http://172.31.255.255/", "", creation, creation},
	{"http://192.168.0.1/", "", creation, creation},
	{"http://192.168.1/", "", creation, creation},
	{"http://3232235521/", "", creation, creation},
	{"http://0300.0250.0.1/", "", creation, creation},
	{"http://100.64.0.1/", "", creation, creation},
	{"http://100.127.255.255/", "", creation, creation},
	{"http://192.0.0.1/", "", creation, creation},
	{"http://192.0.2.1/", "", creation, creation},
	{"http://192.88.99.1/", "", creation, creation},
	{"http://198.18.0.1/", "", creation, creation},
	{"http://198.51.100.1/", "", creation, creation},
	{"http://203.0.113.1/", "", creation, creation},
	{"http://224.0.0.1/", "", creation, creation},
	{"http://239.255.255.250:1900/", "", creation, creation},
	{"http://240.0.0.1/", "", creation, creation},
	{"http://255.255.255.255/", "", creation, creation},
	{"http://4294967295/", "", creation, creation},

	// The metadata services of the clouds, by address and by name.
	{"http://169.254.169.254/latest/meta-data/", "", creation, creation}, // most of them
	{"http://2852039166/latest/meta-data/", "", creation, creation},
	{"http://0xa9fea9fe/", "", creation, creation},
	{"http://0xA9.0xFE.0xA9.0xFE/", "", creation, creation},
	{"http://0251.0376.0251.0376/", "", creation, creation},
	{"http://025177524776/", "", creation, creation},
	{"http://169.16689662/", "", creation, creation},
	{"http://169.254.43518/", "", creation, creation},
	{"http://169.254.170.2/v2/credentials", "", creation, creation}, // containers of AWS
	{"http://169.254.169.123/", "", creation, creation},             // time of AWS
	{"http://169.254.169.253/", "", creation, creation},             // names of AWS
	{"http://100.100.100.200/", "", creation, creation},             // Alibaba
	{"http://168.63.129.16/", "", creation, creation},               // Azure
	{"http://192.0.0.192/", "", creation, creation},                 // Oracle, before
	{"http://169.254.0.23/", "", creation, creation},                // Tencent
	{"http://[fd00:ec2::254]/", "", creation, "fd00:ec2::254"},      // AWS
	{"http://[fd00:ec2::23]/", "", creation, "fd00:ec2::23"},        // AWS, pods
	{"http://[fd20:ce::254]/", "", creation, "fd20:ce::254"},        // Google
	{"http://[fd00:42::42]/", "", creation, "fd00:42::42"},          // Scaleway
	{"http://[fe80::a9fe:a9fe]/", "", creation, "fe80::a9fe:a9fe"},
	{"http://[::ffff:169.254.169.254]/", "", creation, creation},
	{"http://[64:ff9b::169.254.169.254]/", "", creation, creation},
	{"http://[64:ff9b::a9fe:a9fe]/", "", creation, creation},
	{"http://metadata.google.internal/computeMetadata/v1/", "169.254.169.254", dial, dial},
	{"http://metadata.google.internal./", "169.254.169.254", dial, dial},
	{"http://metadata/", "169.254.169.254", dial, dial},
	{"http://instance-data.ec2.internal/", "169.254.169.254", dial, dial},
	{"http://instance-data/", "169.254.169.254", dial, dial},
	{"http://metadata.tencentyun.com/", "169.254.0.23", dial, dial},
	{"http://metadata.platformequinix.com/", "192.80.8.124 169.254.169.254", "192.80.8.124", "192.80.8.124"},
	{"http://169.254.169.254.nip.io/", "169.254.169.254", dial, dial},
	{"http://kubernetes.default.svc/", "10.96.0.1", dial, "10.96.0.1"},
	{"http://kubernetes.default.svc.cluster.local/", "10.96.0.1", dial, "10.96.0.1"},

	// IPv6, and IPv4 in it.
	{"http://[::1]/", "", creation, "::1"},
	{"http://[::1]:8080/", "", creation, "::1"},
	{"http://[0:0:0:0:0:0:0:1]/", "", creation, "::1"},
	{"http://[0000:0000:0000:0000:0000:0000:0000:0001]/", "", creation, "::1"},
	{"http://[0::1]/", "", creation, "::1"},
	{"http://[::0001]/", "", creation, "::1"},
	{"http://[::00001]/", "", creation, creation},
	{"http://[::0.0.0.1]/", "", creation, "::1"},
	{"http://[::]/", "", creation, creation},
	{"http://[0:0:0:0:0:0:0:0]/", "", creation, creation},
	{"http://[::0.0.0.0]/", "", creation, creation},
	{"http://[::ffff:127.0.0.1]/", "", creation, "::ffff:127.0.0.1"},
	{"http://[::ffff:7f00:1]/", "", creation, "::ffff:127.0.0.1"},
	{"http://[::FFFF:7F00:0001]/", "", creation, "::ffff:127.0.0.1"},
	{"http://[0:0:0:0:0:ffff:127.0.0.1]/", "", creation, "::ffff:127.0.0.1"},
	{"http://[::ffff:0x7f.0.0.1]/", "", creation, creation},
	{"http://[::ffff:127.1]/", "", creation, creation},
	{"http://[::ffff:0177.0.0.1]/", "", creation, creation},
	{"http://[::ffff:192.168.0.1]/", "", creation, creation},
	{"http://[::ffff:8.8.8.8]/", "", creation, creation},
	{"http://[::127.0.0.1]/", "", creation, "::7f00:1"},
	{"http://[::7f00:1]/", "", creation, "::7f00:1"},
	{"http://[::192.168.0.1]/", "", creation, creation},
	{"http://[::ffff:0:127.0.0.1]/", "", creation, "::ffff:0:7f00:1"},
	{"http://[::ffff:0:192.168.0.1]/", "", creation, creation},
	{"http://[64:ff9b::127.0.0.1]/", "", creation, "64:ff9b::7f00:1"},
	{"http://[64:ff9b::10.0.0.1]/", "", creation, "64:ff9b::a00:1"},
	{"http://[64:ff9b::192.168.0.1]/", "", creation, creation},
	{"http://[64:ff9b:0:0:0:0:7f00:1]/", "", creation, "64:ff9b::7f00:1"},
	{"http://[64:ff9b::8.8.8.8]/", "", creation, "64:ff9b::808:808"},
	{"http://[64:ff9b:1::127.0.0.1]/", "", creation, creation},
	{"http://[64:ff9b:1:7f00:0:100::]/", "", creation, creation},
	{"http://[2002:7f00:1::]/", "", creation, "2002:7f00:1::"},
	{"http://[2002:7f00:1::1]/", "", creation, "2002:7f00:1::1"},
	{"http://[2002:c0a8:1::]/", "", creation, creation},
	{"http://[2002:a9fe:a9fe::]/", "", creation, creation},
	{"http://[2002:808:808::]/", "", creation, creation},
	{"http://[2001::1]/", "", creation, creation},
	{"http://[2001:0:0:0:0:0:80ff:fffe]/", "", creation, "2001::80ff:fffe"}, // 127.0.0.1, inverted
	{"http://[2001::3f57:fefe]/", "", creation, creation},                   // 192.168.1.1, inverted
	{"http://[fc00::1]/", "", creation, creation},
	{"http://[fd12:3456:789a::1]/", "", creation, "fd12:3456:789a::1"},
	{"http://[fe80::1]/", "", creation, "fe80::1"},
	{"http://[fe80::1%25eth0]/", "", creation, creation},
	{"http://[fe80::1%25]/", "", creation, creation},
	{"http://[fe80::1%eth0]/", "", creation, creation},
	{"http://[::1%25lo]/", "", creation, creation},
	{"http://[febf::1]/", "", creation, "febf::1"},
	{"http://[fec0::1]/", "", creation, creation},
	{"http://[ff01::1]/", "", creation, creation},
	{"http://[ff02::1]/", "", creation, creation},
	{"http://[ff05::1:3]/", "", creation, creation},
	{"http://[100::1]/", "", creation, creation},
	{"http://[2001:2::1]/", "", creation, creation},
	{"http://[2001:10::1]/", "", creation, creation},
	{"http://[2001:20::1]/", "", creation, creation},
	{"http://[2001:db8::1]/", "", creation, creation},
	{"http://[3fff::1]/", "", creation, creation},
	{"http://[5f00::1]/", "", creation, creation},
	{"http://[::1/", "", creation, creation},
	{"http://::1/", "", creation, creation},
	{"http://[::1]x/", "", creation, creation},
	{"http://x[::1]/", "", creation, creation},
	{"http://[[::1]]/", "", creation, creation},
	{"http://[]/", "", creation, creation},
	{"http://[127.0.0.1]/", "", creation, creation},
	{"http://[localhost]/", "", creation, creation},
	{"http://[v1.127.0.0.1]/", "", creation, creation},
	{"http://[::1].example/", "", creation, creation},
	{"http://[::1", "", creation, creation},
	{"http://%5B::1%5D/", "", creation, creation},

	// Names. What they resolve to is judged, each time.
	{"http://localhost/", "127.0.0.1 ::1", dial, "127.0.0.1"},
	{"http://LOCALHOST/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://localhost./", "127.0.0.1", dial, "127.0.0.1"},
	{"http://localhost:6379/", "::1", dial, "::1"},
	{"http://a.localhost/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://localhost.localdomain/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://ip6-localhost/", "::1", dial, "::1"},
	{"http://localtest.me/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://127.0.0.1.nip.io/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://7f000001.nip.io/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://0x7f.0.0.1.example/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://127.0.0.1.example./", "127.0.0.1", dial, "127.0.0.1"},
	{"http://db.internal/", "10.1.2.3", dial, "10.1.2.3"},
	{"http://printer.local/", "192.168.1.9", dial, dial},
	{"http://router.home.arpa/", "192.168.1.1", dial, dial},
	{"http://intranet/", "10.0.0.80", dial, "10.0.0.80"},
	{"http://host.docker.internal/", "192.168.65.2", dial, dial},
	{"http://a.example/", "10.0.0.1", dial, "10.0.0.1"},
	{"http://a.example/", "172.16.0.1", dial, dial},
	{"http://a.example/", "192.168.0.1", dial, dial},
	{"http://a.example/", "0.0.0.0", dial, dial},
	{"http://a.example/", "::", dial, dial},
	{"http://a.example/", "::1", dial, "::1"},
	{"http://a.example/", "fd00::1", dial, "fd00::1"},
	{"http://a.example/", "fc00::1", dial, dial},
	{"http://a.example/", "fe80::1", dial, "fe80::1"},
	{"http://a.example/", "fe80::1%eth0", dial, "fe80::1%eth0"},
	{"http://a.example/", "fec0::1", dial, dial},
	{"http://a.example/", "ff02::1", dial, dial},
	{"http://a.example/", "::ffff:127.0.0.1", dial, "127.0.0.1"},
	{"http://a.example/", "::ffff:192.168.0.1", dial, dial},
	{"http://a.example/", "::127.0.0.1", dial, "::7f00:1"},
	{"http://a.example/", "64:ff9b::7f00:1", dial, "64:ff9b::7f00:1"},
	{"http://a.example/", "64:ff9b::c0a8:1", dial, dial},
	{"http://a.example/", "64:ff9b:1::7f00:1", dial, dial},
	{"http://a.example/", "2002:c0a8:1::", dial, dial},
	{"http://a.example/", "2001::3f57:fefe", dial, dial},
	{"http://a.example/", "224.0.0.1", dial, dial},
	{"http://a.example/", "255.255.255.255", dial, dial},
	{"http://a.example/", "192.168.0.1 172.16.0.1 fc00::1", dial, dial},
	{"http://a.example/", "8.8.8.8 127.0.0.1", "8.8.8.8", "8.8.8.8"}, // of mixed answers, the public part
	{"http://a.example/", "192.168.0.1 8.8.8.8", "8.8.8.8", "8.8.8.8"},
	{"http://a.example/", "::ffff:8.8.8.8", "8.8.8.8", "8.8.8.8"},
	{"http://a.example/", "fd00::1 2606:4700::1111", "2606:4700::1111", "fd00::1"},
	{"http://a.example/", "", dial, dial}, // resolves to nothing

	// What makes two readers see two hosts.
	{"http://example.com@127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://example.com:80@127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://example.com%40127.0.0.1/", "", creation, creation},
	{"http://example.com%2540127.0.0.1/", "", creation, creation},
	{"http://127.0.0.1%40example.com/", "", creation, creation},
	{"http://a@b@127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://a:b@c:d@127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://a@127.0.0.1@example.com/", "192.168.0.1", dial, dial},
	{"http://@127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://:@127.0.0.1/", "", creation, "127.0.0.1"},
	{"http://example.com?@127.0.0.1/", "192.168.0.1", dial, dial},
	{"http://example.com/@127.0.0.1/", "192.168.0.1", dial, dial},
	{"http://example.com#@127.0.0.1/", "", creation, creation},
	{"http://127.0.0.1#@example.com/", "", creation, creation},
	{"http://127.0.0.1?@example.com/", "", creation, "127.0.0.1"},
	{"http://example.com\\@127.0.0.1/", "", creation, creation},
	{"http://127.0.0.1\\@example.com/", "", creation, creation},
	{"http://127.0.0.1%5c@example.com/", "192.168.0.1", dial, dial},
	{"http:\\\\127.0.0.1\\", "", creation, creation},
	{"http:/\\127.0.0.1/", "", creation, creation},
	{"http:////127.0.0.1/", "", creation, creation},
	{"http:///127.0.0.1/", "", creation, creation},
	{"http:/127.0.0.1/", "", creation, creation},
	{"http:127.0.0.1/", "", creation, creation},
	{"//127.0.0.1/", "", creation, creation},
	{"127.0.0.1", "", creation, creation},
	{"http//127.0.0.1/", "", creation, creation},
	{"http://127.0.0.1;example.com/", "", creation, creation},
	{"http://127.0.0.1,example.com/", "", creation, creation},
	{"http://127.0.0.1&example.com/", "", creation, creation},
	{"http://(127.0.0.1)/", "", creation, creation},
	{"http://127.0.0.1 example.com/", "", creation, creation},
	{"http://127.0.0.1\texample.com/", "", creation, creation},
	{"http://127.\t0.0.1/", "", creation, creation},
	{"ht\ntp://127.0.0.1/", "", creation, creation},
	{"http://127.0.0.1\r\nHost: example.com/", "", creation, creation},
	{"http://127.0.0.1\x00.example.com/", "", creation, creation},
	{"\x01http://127.0.0.1/", "", creation, creation},
	{"http://127%2e0%2e0%2e1/", "", creation, creation},
	{"http://%31%32%37.0.0.1/", "", creation, creation},
	{"http://%6c%6f%63%61%6c%68%6f%73%74/", "", creation, creation},
	{"http://localhost%00.example.com/", "", creation, creation},
	{"http://localhost%09/", "", creation, creation},
	{"http://127.0.0.1%0d%0aX:y/", "", creation, creation},
	{"http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "", creation, creation}, // fullwidth digits
	{"http://127\uff0e0\uff0e0\uff0e1/", "", creation, creation},                // fullwidth dots
	{"http://127\u30020\u30020\u30021/", "", creation, creation},                // ideographic dots
	{"http://127\uff610\uff610\uff611/", "", creation, creation},                // halfwidth ideographic dots
	{"http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "", creation, creation}, // encircled digits
	{"http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/", "", creation, creation},
	{"http://\U0001d7f7\U0001d7f8\U0001d7fd.0.0.1/", "", creation, creation}, // mathematical digits
	{"http://\u0661\u0662\u0667.0.0.1/", "", creation, creation},             // Arabic digits
	{"http://local\u00adhost/", "", creation, creation},                      // soft hyphen
	{"http://local\u200bhost/", "", creation, creation},                      // of no width
	{"http://\u202elocalhost/", "", creation, creation},                      // from right to left
	{"http://loc\u0430lhost/", "", creation, creation},                       // a Cyrillic letter
	{"http://\ufeff127.0.0.1/", "", creation, creation},
	{"http://127.0.0.1\u2028/", "", creation, creation},
	{"http://xn--lcalhost-54a/", "127.0.0.1", dial, "127.0.0.1"},
	{"http://example.com\uff0f127.0.0.1/", "", creation, creation}, // fullwidth slash
	{"http://example.com\uff20127.0.0.1/", "", creation, creation}, // fullwidth at

	// Ports, hosts and schemes.
	{"http://127.0.0.1:0/", "", creation, creation},
	{"http://127.0.0.1:65616/", "", creation, creation}, // 80 + 65536
	{"http://127.0.0.1:-80/", "", creation, creation},
	{"http://127.0.0.1:+80/", "", creation, creation},
	{"http://127.0.0.1:0x50/", "", creation, creation},
	{"http://127.0.0.1:80:443/", "", creation, creation},
	{"http://127.0.0.1:80@example.com/", "192.168.0.1", dial, dial},
	{"http://127.0.0.1:\uff18\uff10/", "", creation, creation},
	{"http://127.0.0.1:/", "", creation, "127.0.0.1"},
	{"http://127.0.0.1:00080/", "", creation, "127.0.0.1"},
	{"http://", "", creation, creation},
	{"http:///", "", creation, creation},
	{"http://:80/", "", creation, creation},
	{"http://@/", "", creation, creation},
	{"http://./", "", creation, creation},
	{"http://../", "", creation, creation},
	{"http://-/", "dies", dial, dial},
	{"http://*/", "", creation, creation},
	{"http://~/", "", creation, creation},
	{"http://$(hostname)/", "", creation, creation},
	{"file:///etc/passwd", "", creation, creation},
	{"file://127.0.0.1/etc/passwd", "", creation, creation},
	{"gopher://127.0.0.1:6379/_FLUSHALL", "", creation, creation},
	{"ftp://127.0.0.1/", "", creation, creation},
	{"sftp://127.0.0.1/", "", creation, creation},
	{"dict://127.0.0.1:11211/stats", "", creation, creation},
	{"ldap://127.0.0.1/", "", creation, creation},
	{"tftp://127.0.0.1/", "", creation, creation},
	{"jar:http://127.0.0.1/!/", "", creation, creation},
	{"netdoc:///etc/passwd", "", creation, creation},
	{"unix:///run/docker.sock", "", creation, creation},
	{"http+unix://%2Frun%2Fdocker.sock/", "", creation, creation},
	{"http://unix:/run/docker.sock:/info", "", dial, dial}, // the name unix
	{"javascript:alert(1)", "", creation, creation},
	{"data:text/plain,x", "", creation, creation},
	{"ws://127.0.0.1/", "", creation, creation},
	{"url:http://127.0.0.1/", "", creation, creation},
	{"view-source:http://127.0.0.1/", "", creation, creation},
	{"HTTP://127.0.0.1/", "", creation, "127.0.0.1"},
	{"hTtPs://127.0.0.1/", "", creation, "127.0.0.1"},
	{"httpx://127.0.0.1/", "", creation, creation},
	{"h\u0442tp://127.0.0.1/", "", creation, creation},
}

// outcome says what becomes of a URL: when it is refused, or the address that is dialed first.
func outcome(t *testing.T, raw, dns string, allow []netip.Prefix) string {
	t.Helper()
	var list []string
	if dns != "" && dns != "dies" {
		list = strings.Fields(dns)
	}
	client, err := New(Config{Allow: allow, Resolver: &answers{lists: [][]string{list}}})
	if err != nil {
		t.Fatal(err)
	}
	var dialed []string
	client.connect = func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		dialed = append(dialed, to.Addr().String())
		return nil, net.ErrClosed
	}
	u, refused := client.CheckURL(raw)
	if refused != nil {
		// A URL comes to Do from a database too, where it may be from before.
		if u, err = url.Parse(raw); err != nil {
			return creation
		}
	}
	_, err = client.Do(t.Context(), &Request{URL: u})
	switch {
	case refused != nil && len(dialed) > 0 && !strings.Contains(raw, "#"): // a fragment is refused for its own sake
		t.Errorf("%q is refused at creation (%v), but dialed %v", raw, refused, dialed)
		return creation
	case refused != nil:
		return creation
	case len(dialed) == 0:
		if !errors.Is(err, ErrNotAllowed) && list != nil {
			t.Errorf("%q was refused for another reason: %v", raw, err)
		}
		return dial
	}
	return dialed[0]
}

func TestAddresses(t *testing.T) {
	if len(addresses) < 150 {
		t.Fatalf("%d addresses", len(addresses))
	}
	for _, c := range addresses {
		if got := outcome(t, c.url, c.dns, nil); got != c.refused {
			t.Errorf("%q (%s) without a list: %s, want %s", c.url, c.dns, got, c.refused)
		}
		if got := outcome(t, c.url, c.dns, permitted); got != c.listed {
			t.Errorf("%q (%s) with a list: %s, want %s", c.url, c.dns, got, c.listed)
		}
	}
}

// Without a list, nothing that any of the addresses leads to is private, whatever the table says.
func TestAddressesNeverLeadInside(t *testing.T) {
	for _, c := range addresses {
		got := outcome(t, c.url, c.dns, nil)
		if a, err := netip.ParseAddr(got); err == nil && (a.IsPrivate() || a.IsLoopback() || !a.IsGlobalUnicast()) {
			t.Errorf("%q (%s) leads to %v", c.url, c.dns, a)
		}
	}
}

// A name may have been public when it was looked at last. What is dialed is the address that was judged
// a moment before, and the socket is never given the name.
func TestNameThatChangesItsMind(t *testing.T) {
	var connected atomic.Int32
	base := listen(t, func(_ int, c net.Conn) { connected.Add(1); once(ok)(1, c) })
	for _, lists := range [][][]string{
		{{"8.8.8.8"}, {"127.0.0.1"}},
		{{"8.8.8.8", "1.1.1.1"}, {"127.0.0.1", "127.0.0.1"}},
		{{"127.0.0.1"}, {"8.8.8.8"}, {"127.0.0.1"}},
		{{"8.8.8.8", "127.0.0.1"}, {"127.0.0.1"}},
		{{"2606:4700::1111"}, {"::ffff:127.0.0.1"}},
	} {
		resolver := &answers{lists: lists}
		client, err := New(Config{Resolver: resolver})
		if err != nil {
			t.Fatal(err)
		}
		real := client.connect
		client.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			if slices.Contains([]string{"8.8.8.8", "1.1.1.1", "2606:4700::1111"}, to.Addr().String()) {
				return nil, net.ErrClosed // this test leaves the house no more than the client enters it
			}
			return real(ctx, to)
		}
		if _, err := client.CheckURL(named(base)); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			asked := resolver.asked
			if resp, err := client.Do(t.Context(), post(t, named(base), "{}")); err == nil {
				t.Errorf("%v: answered %d", lists, resp.Status)
			}
			if resolver.asked != asked+1 {
				t.Errorf("%v: an attempt asked %d times for its name, want once", lists, resolver.asked-asked)
			}
		}
	}
	if connected.Load() != 0 {
		t.Errorf("%d connections reached the house", connected.Load())
	}
}

// A redirect is an answer like others: wherever it points, nobody goes there.
//
// Contract: delivery.md 5: 3xx is not followed
func TestRedirectsAreNotFollowed(t *testing.T) {
	var connected atomic.Int32
	inside := listen(t, func(_ int, c net.Conn) { connected.Add(1); once(ok)(1, c) })
	for _, status := range []string{"300 A", "301 A", "302 A", "303 A", "305 A", "307 A", "308 A", "201 A", "200 A"} {
		for _, header := range []string{"Location: " + inside, "Refresh: 0; url=" + inside, "Content-Location: " + inside, "Location: " + inside + "\r\nLocation: //x"} {
			base := listen(t, once("HTTP/1.1 "+status+"\r\n"+header+"\r\nContent-Length: 0\r\n\r\n"))
			resp := mustDo(t, newClient(t, Config{}), post(t, base, "{}"))
			if got := status[:3]; resp.Status/100 != int(got[0]-'0') {
				t.Errorf("status = %d, want %s", resp.Status, got)
			}
		}
	}
	if connected.Load() != 0 {
		t.Errorf("%d redirects were followed", connected.Load())
	}
}
