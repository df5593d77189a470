"""What an exchange of two ranks takes over a link, from what the engines' sources say that they send.

Both sum by a ring: n ranks send each other 2 (n - 1) / n of the bytes, in two passes, of which the second needs the first one's sums.
With two ranks that is as many bytes in each direction as there are, and what is in the way of it beside the bandwidth are the times
that one rank waits for the other's word:

gloo         In each of the two passes a rank sends no piece before the other has said that it is ready to receive it: two delays a
             pass, for a bucket up to 4 MiB, of which both pieces are under way at once. Of two buckets at the same time one waits
             while the other is sent, which hides one of the four.
             https://github.com/pytorch/gloo/blob/main/gloo/allreduce.cc: the second pass receives when the first is over
             https://github.com/pytorch/gloo/blob/main/gloo/transport/tcp/pair.cc: `send` waits for NOTIFY_RECV_READY
TensorFlow   A rank asks for the other's part (RecvBuf), and is answered. It asks for that of the second pass while the first one's bytes
             still come, so that this costs the answer's way alone: three delays. Up to 8 MiB are one ring.
             https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/common_runtime/ring_reducer.cc: `RunAsyncParts`
             https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/common_runtime/ring_alg.cc: kMaxChunkSizeBytes

One more is this suite's own: the first rank tells the other to begin, which then begins a delay later.
"""

from __future__ import annotations

HEADER_BYTES = 52  # of IPv4 and TCP with its time stamps
PACKET_BYTES = 1500
ENGINE_DELAYS = 3
TELLING_DELAYS = 1


def exchange_seconds(exchanged_bytes: int, delay_seconds: float, bits_per_second: float) -> float:
    """Of two ranks, by either framework; gloo with two buckets."""
    sent_bytes = exchanged_bytes * PACKET_BYTES / (PACKET_BYTES - HEADER_BYTES)
    return sent_bytes * 8 / bits_per_second + (ENGINE_DELAYS + TELLING_DELAYS) * delay_seconds
