package server

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
)

// What nodes tell each other about deliveries.
const (
	topicLanes      = "lanes"       // there is something new in lanes of the one who is told
	topicLanesAgain = "lanes-again" // the same, of somebody who was told and does not deliver them any more
	topicWake       = "wake"        // a service has changed
)

// handOverFor is how long a node that ends waits for what is under way, and for others to have all.
const handOverFor = 15 * time.Second

// newCluster returns what this node knows of the others.
func (s *Server) newCluster(c Config) *cluster.Cluster {
	return cluster.New(cluster.Config{DB: s.db, Name: s.nodeName(), Version: version(), Now: c.Now, Log: s.log})
}

// nodeName is the name of the machine and the port: there may be more than one node on it.
func (s *Server) nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

// version is that of the program, as far as it knows.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Version
}

// joinCluster lets the dispatcher deliver what this node owns, and lets nodes tell each other of
// deliveries.
func (s *Server) joinCluster() {
	s.cluster.DeliverWith(s.dispatcher)
	s.cluster.Missed(s.dispatcher.LookAgain)
	s.cluster.Subscribe(topicLanes, func(_ store.NodeID, payload []byte) {
		lanes, upTo := readLanes(payload)
		if rest := s.dispatcher.Told(lanes, upTo); len(rest) > 0 {
			s.tell(topicLanesAgain, rest, upTo)
		}
	})
	s.cluster.Subscribe(topicLanesAgain, func(_ store.NodeID, payload []byte) {
		// What is not here either has moved twice meanwhile: its owner finds it by polling, 1.5 s later at most. To
		// tell of it on and on was rejected: nodes that do not agree who owns it would send it in a circle.
		s.dispatcher.Told(readLanes(payload))
	})
	s.cluster.Subscribe(topicWake, func(_ store.NodeID, payload []byte) { s.dispatcher.Wake(bellhop.ID(payload)) })
}

// elsewhere tells the nodes that deliver them of lanes in which this one has committed something.
func (s *Server) elsewhere(lanes []store.LaneID, upTo store.Cursor) { s.tell(topicLanes, lanes, upTo) }

func (s *Server) tell(topic string, lanes []store.LaneID, upTo store.Cursor) {
	self, mark := s.cluster.Self(), writeCursor(upTo)
	for _, lane := range lanes {
		// If nobody owns it, or this node is about to, it is read when it is taken.
		if owner, ok := s.cluster.OwnerOf(lane.Service); ok && owner != self {
			s.cluster.Gather(owner, topic, mark, writeLane(lane))
		}
	}
}

// wake makes the lanes of a service look again, wherever they are.
func (s *Server) wake(service bellhop.ID) {
	s.dispatcher.Wake(service)
	if owner, ok := s.cluster.OwnerOf(service); ok && owner != s.cluster.Self() {
		s.cluster.Send(owner, topicWake, []byte(service))
	}
}

// handOver lets other nodes have what this one delivers when ctx ends.
func (s *Server) handOver(ctx context.Context) {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOverFor)
	defer cancel()
	s.cluster.Retire(ctx)
}

func writeCursor(c store.Cursor) string { return fmt.Sprintf("%d.%d", c.Due, c.Seq) }

func writeLane(id store.LaneID) string {
	if id.Lane == id.Service {
		return string(id.Service)
	}
	return string(id.Service) + "/" + string(id.Lane)
}

// readLanes reads the lanes that somebody tells of, and up to where he has committed. What is wrong
// counts as nothing told.
func readLanes(payload []byte) (lanes []store.LaneID, upTo store.Cursor) {
	mark, rest, _ := strings.Cut(string(payload), "\n")
	due, seq, _ := strings.Cut(mark, ".")
	d, dueErr := strconv.ParseInt(due, 10, 64)
	n, seqErr := strconv.ParseInt(seq, 10, 64)
	if dueErr == nil && seqErr == nil {
		upTo = store.Cursor{Due: bellhop.Time(d), Seq: n}
	}
	for line := range strings.SplitSeq(rest, "\n") {
		service, lane, replay := strings.Cut(line, "/")
		if !replay {
			lane = service
		}
		id := store.LaneID{Service: bellhop.ID(service), Lane: bellhop.ID(lane)}
		if id.Service.Valid() && id.Lane.Valid() {
			lanes = append(lanes, id)
		}
	}
	return lanes, upTo
}
