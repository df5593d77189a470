"""What an exchange of two ranks takes over a link, from what the engines' sources say that they send.

Both sum by a ring: n ranks send each other 2 (n - 1) / n of the bytes, in two passes, of which the second needs the first one's sums.
With two ranks that is as many bytes in each direction as there are, and what is in the way of it beside the bandwidth are the times
that one rank waits for the other's word:

gloo      Four delays: in each pass a rank sends no piece before the other has said that it is ready to receive it.
          https://github.com/pytorch/gloo/blob/main/gloo/allreduce.cc (`ring`: the receives of the second pass begin when the first is over)
          https://github.com/pytorch/gloo/blob/main/gloo/transport/tcp/pair.cc (`send` waits for NOTIFY_RECV_READY)
          A pass of a bucket up to 4 MiB is two pieces, and both are under way at once. Of two buckets at the same time one may
          wait while the other is sent, which hides up to one delay.
TensorFlow   Three delays, and one: a rank asks for the other's part (RecvBuf) and is answered; it asks for the second pass while the
          first one's bytes still come, so that this costs the answer's way alone.
          https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/common_runtime/ring_reducer.cc (`RunAsyncParts`)
          https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/distributed_runtime/collective_rma_distributed.cc
          The fourth is this suite's: the first rank tells the other to begin, which then begins a delay later. gloo's ranks do not
          notice, as the second one finds the first one's word there already.
"""

from __future__ import annotations

HEADER_BYTES = 52  # of IPv4 and TCP with its time stamps
PACKET_BYTES = 1500
DELAYS = {"pytorch": 4, "tensorflow": 3 + 1}


def exchange_seconds(framework: str, exchanged_bytes: int, delay_seconds: float, bits_per_second: float) -> float:
    """Of two ranks."""
    sent_bytes = exchanged_bytes * PACKET_BYTES / (PACKET_BYTES - HEADER_BYTES)
    return sent_bytes * 8 / bits_per_second + DELAYS[framework] * delay_seconds
