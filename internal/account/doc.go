// Package account knows who is asking and what he may do.
//
// [Accounts] turns a request's token into a [Caller] ([Accounts.Authenticate]), an
// email and a password into tokens ([Accounts.Token]) or into a session of the admin
// pages ([Accounts.StartSession]), and makes the first organization with its admin
// ([Accounts.Setup]). A Caller answers what he may do where: [Caller.Allowed],
// [Caller.MayRead] and their like say 404 for what does not exist for him and 403 for
// what he lacks the right to (docs/contract/auth.md, "Permissions"). A bot is also where an
// instance of it is enabled, and others than its owners see one whose audience they are.
//
// The kinds that make up an account have rules of their own: users, bots, bot instances
// and organizations. They are functions on an [Edit], a create or update under way, and
// run in the transaction of whoever stores the resource.
//
// # What it promises
//
// A token is a claim that was signed here, and no more: what counts is what its user is
// at the time of the request. A token without its user, of an inactive user, of before
// the user's last change of password or revocation, or of a user all of whose
// organizations are suspended, is no token. A suspended organization is one that is
// inactive or lies below one that is; memberships there count nothing until it is
// active again.
//
// No password, hash of one, token or cookie is stored in clear, or at all if it need not
// be: passwords are hashed with argon2id and the hash is sealed, permanent tokens of bots
// are made anew whenever they are shown, and of a session only a digest is kept.
//
// Who guesses passwords is slowed down, by account and by address, and cannot tell, by
// message, status or time, whether an account exists.
package account
