//go:build tools

// Package tools pins the livekit-sip that Trunkline builds when no ready binary is to be had.
package tools

import _ "github.com/livekit/sip/cmd/livekit-sip"
