//go:build tools

// Package tools pins the livekit-server that Trunkline builds when no ready binary is to be had.
package tools

import _ "github.com/livekit/livekit-server/cmd/server"
