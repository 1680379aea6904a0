package verify

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"

	"bellhop/internal/event"
)

// keys returns what may have been the key, first what should have been.
func (q *Question) keys(name string) []variant {
	ours := func(secret string) []byte {
		if name == event.HeaderStandard {
			return event.StandardKey(secret)
		}
		return []byte(secret)
	}
	k := keyring{variants: []variant{{value: ours(q.Secret)}}}
	for _, other := range q.Others {
		k.add(ours(other), "other-secret", "It was made with the other secret that was given.",
			"Which of them is valid says the service. After a rotation X-Hub-Signature is that of the new one at once.")
	}
	k.mistakes(q.Secret, "the secret")
	for _, other := range q.Others {
		k.mistakes(other, "the other secret")
	}
	k.add(nil, "empty-secret", "It was made with an empty secret.", "See that the variable with the secret is set where the signature is made.")
	return k.variants
}

type keyring struct{ variants []variant }

func (k *keyring) add(key []byte, cause, text, hint string) {
	for _, v := range k.variants {
		if string(v.value) == string(key) {
			return
		}
	}
	k.variants = append(k.variants, variant{key, Cause{cause, text, hint}})
}

// mistakes adds what becomes of a secret on its way from a page, a file or a variable.
func (k *keyring) mistakes(secret, whose string) {
	const copied = "Copy the secret without what is around it; files that end with a line break are read with trim()."
	add := func(key, cause, text, hint string) {
		k.add([]byte(key), cause, strings.Replace(text, "$", whose, 1), hint)
	}

	const whsec = "For Webhook-Signature the key is the secret without whsec_, Base64-decoded if it is Base64. For the X-Hub headers it is the text as it stands."
	add(secret, "secret-verbatim", "It was made with the text of $, as it stands.", whsec)
	add(strings.TrimSpace(secret), "secret-blank", "It was made without the blanks or line breaks around $.", copied)
	for _, end := range []string{"\n", "\r\n", " "} {
		add(secret+end, "secret-newline", "It was made with a blank or line break behind $.", copied)
	}
	add(strings.Trim(secret, `"'`), "secret-quotes", "It was made without the quotation marks around $.", copied)
	add(`"`+secret+`"`, "secret-quotes", "It was made with quotation marks around $.", copied)
	add(strings.TrimRight(secret, "="), "secret-padding", "It was made without the = at the end of $.", copied)

	bare := strings.TrimPrefix(secret, "whsec_")
	add(bare, "secret-no-whsec", "It was made with $ without whsec_, not decoded.", whsec)
	if key, ok := unbase64(bare); ok {
		add(string(key), "secret-decoded", "It was made with the Base64-decoded bytes of $.", whsec)
	}
	add("whsec_"+secret, "secret-whsec", "It was made with whsec_ in front of $.", whsec)
	add(base64.StdEncoding.EncodeToString([]byte(secret)), "secret-encoded", "It was made with the Base64 of $.", "The key is the text of the secret, not encoded once more.")
	if key, err := hex.DecodeString(secret); err == nil {
		add(string(key), "secret-hex", "It was made with $ decoded as hex.", "The key is the text of the secret: do not decode it.")
	}
	if key, err := url.QueryUnescape(secret); err == nil {
		add(key, "secret-unescaped", "It was made with $ percent-decoded, as in a URL or form.", "A + in a secret must not become a blank: take the secret from JSON or a variable, not from a query.")
	}
	add(url.QueryEscape(secret), "secret-escaped", "It was made with $ percent-encoded.", "The key is the text of the secret, not encoded.")
	add(strings.ToLower(secret), "secret-case", "It was made with $ in lower case.", copied)
	add(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, secret), "secret-blank", "It was made without the blanks within $.", copied)
}
