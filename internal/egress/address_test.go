package egress

import (
	"net/netip"
	"testing"
)

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		addr, allow string
		want        bool
	}{
		{"8.8.8.8", "", true},
		{"1.1.1.1", "", true},
		{"172.15.255.255", "", true},
		{"172.32.0.0", "", true},
		{"100.63.255.255", "", true},
		{"100.128.0.0", "", true},
		{"223.255.255.255", "", true},
		{"2a00:1450:4001::1", "", true},
		{"2606:4700::1111", "", true},
		{"2001:200::1", "", true},

		{"0.0.0.0", "", false},
		{"0.1.2.3", "", false},
		{"10.0.0.1", "", false},
		{"100.64.0.1", "", false},
		{"100.100.100.200", "", false},
		{"127.0.0.1", "", false},
		{"127.255.255.254", "", false},
		{"168.63.129.16", "", false},
		{"169.254.169.254", "", false},
		{"172.16.0.1", "", false},
		{"172.31.255.255", "", false},
		{"192.0.0.192", "", false},
		{"192.0.2.1", "", false},
		{"192.88.99.1", "", false},
		{"192.168.1.1", "", false},
		{"198.18.0.1", "", false},
		{"198.19.255.255", "", false},
		{"198.51.100.1", "", false},
		{"203.0.113.1", "", false},
		{"224.0.0.1", "", false},
		{"239.255.255.250", "", false},
		{"240.0.0.1", "", false},
		{"255.255.255.255", "", false},
		{"::", "", false},
		{"::1", "", false},
		{"::8.8.8.8", "", false},
		{"::ffff:127.0.0.1", "", false},
		{"::ffff:8.8.8.8", "", false},
		{"::ffff:0:8.8.8.8", "", false},
		{"64:ff9b::8.8.8.8", "", false},
		{"64:ff9b::127.0.0.1", "", false},
		{"64:ff9b:1::a00:1", "", false},
		{"100::1", "", false},
		{"2001::1", "", false},
		{"2001:2::1", "", false},
		{"2001:10::1", "", false},
		{"2001:db8::1", "", false},
		{"2002:7f00:1::", "", false},
		{"2002:808:808::", "", false},
		{"3fff::1", "", false},
		{"5f00::1", "", false},
		{"fc00::1", "", false},
		{"fd00:ec2::254", "", false},
		{"fe80::1", "", false},
		{"fe80::1%eth0", "", false},
		{"fec0::1", "", false},
		{"ff02::1", "", false},

		{"10.1.2.3", "10.1.0.0/16", true},
		{"10.2.2.3", "10.1.0.0/16", false},
		{"127.0.0.1", "::ffff:127.0.0.0/104", true},
		{"::1", "::1/128", true},
		{"fe80::1%eth0", "fe80::/10", true},
		{"::ffff:127.0.0.1", "127.0.0.0/8", true},
		{"::ffff:10.0.0.1", "127.0.0.0/8", false},
		{"64:ff9b::8.8.8.8", "64:ff9b::/96", true},
		{"64:ff9b::10.0.0.1", "64:ff9b::/96", false},
		{"64:ff9b::10.0.0.1", "10.0.0.0/8", true},
		{"64:ff9b:1::a00:1", "64:ff9b:1::/48", true},
		{"2002:a00:1::", "2002::/16", false},
		{"2002:808:808::", "2002::/16", true},
		{"2001:0:1:2:3:4:f5ff:fffe", "2001::/32", false}, // inverted 10.0.0.1
		{"2001:0:1:2:3:4:f7f7:f7f7", "2001::/32", true},  // inverted 8.8.8.8
		{"2001:2::1", "2001:2::/48", true},
	} {
		var config Config
		if c.allow != "" {
			config.Allow = []netip.Prefix{netip.MustParsePrefix(c.allow)}
		}
		client, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if got := client.allowed(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("allowed(%s) with %q = %t, want %t", c.addr, c.allow, got, c.want)
		}
	}
}

func TestLiteral(t *testing.T) {
	for _, c := range []struct{ host, want string }{
		{"1.2.3.4", "1.2.3.4"},
		{"1.2.3.4.", "1.2.3.4"},
		{"127.1", "127.0.0.1"},
		{"127.0.1", "127.0.0.1"},
		{"10.65535", "10.0.255.255"},
		{"2130706433", "127.0.0.1"},
		{"0x7f000001", "127.0.0.1"},
		{"0X7F.1", "127.0.0.1"},
		{"0177.0.0.1", "127.0.0.1"},
		{"017700000001", "127.0.0.1"},
		{"0x7f.0.0.0x1", "127.0.0.1"},
		{"010.8.8.8", "8.8.8.8"},
		{"0", "0.0.0.0"},
		{"0x", "0.0.0.0"},
		{"4294967295", "255.255.255.255"},
		{"::1", "::1"},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		{"example.com", "name"},
		{"1.2.3.4.example", "name"},
		{"0xyz", "name"},
		{"1e3", "name"},
		{"a.0x7g", "name"},
		{"4294967296", "error"},
		{"1.2.3.256", "error"},
		{"256.1", "error"},
		{"1.2.3.4.5", "error"},
		{"1..2", "error"},
		{"08.1.1.1", "error"},
		{"example.1", "error"},
		{"foo.0x1", "error"},
		{"fe80::1%eth0", "error"},
		{"1::2::3", "error"},
	} {
		a, is, err := literal(c.host)
		got := "name"
		if is {
			got = a.String()
		} else if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("literal(%q) = %s, want %s", c.host, got, c.want)
		}
	}
}

func TestNewChecksConfig(t *testing.T) {
	if _, err := New(Config{Allow: []netip.Prefix{{}}}); err == nil {
		t.Error("New took a prefix that is not valid")
	}
	if _, err := New(Config{MaxSockets: -1}); err == nil {
		t.Error("New took a negative MaxSockets")
	}
}
