// Package conversation holds what only conversations have: messages and their commands,
// who takes part, the status, and the contacts that consumer conversations are about
// (docs/contract/conversations.md).
//
// # How a request is done
//
// What a client sent is read and checked first, outside of any transaction (object.go,
// draft.go, start.go). Then one db.Update works out a plan: it opens the conversations as
// streams, posts the drafts to them one by one, each with its effects, and collects what
// is to be written and told. Only when nothing can be refused any more is the plan
// carried out. So a request is stored whole or not at all, and one that is refused has
// written nothing, not even within the transaction of somebody else ([Conversations.PostAnswer]).
//
// # Later
//
// A message with a delay is checked, given its id and stored beside the messages (delay.go,
// docs/contract/conversations.md section 6). [Conversations.Run] posts it when it is due: by
// a plan like any other, made for who its sender is by then, in the transaction that removes
// it from what waits.
//
// # Loops
//
// Bots that answer themselves or each other are stopped by what they have stored (loop.go,
// docs/contract/extensions.md section 7). That refusal alone has something to tell, and
// what it tells is committed.
//
// # What is promised
//
// Effects are complete when the answer is given. Events are announced in the order of
// effects, in the transaction of the change; the event of a message precedes the
// conversation.update that it caused (docs/contract/events.md section 2). A message that
// changes nothing of its conversation does not rewrite it.
//
// Participants are shown with the name and role that their users have now (people.go). A
// message for some users only does not exist for others, on no way to it (limited.go).
//
// # Who hears that a contact waits
//
// When a conversation is queued the workflows are asked which channels learn of it (route.go). It
// then lies in these channels until somebody accepts (notification.go). Where it lies is stored
// beside it, so that one finds from a channel what lies there, and read only when a message
// queues or somebody accepts: the messages of an active conversation cost no more for it.
//
// # Limits
//
// The contract is silent on sizes beyond that of a request; these are ours: 100 messages
// in one request, 1000 participants in a conversation and targets of a mention, 1 MiB for a
// conversation with all of its meta and results, and for a contact whose profile fields are
// set. A text may be as long as a request.
package conversation
