// SPDX-License-Identifier: Apache-2.0
// The one way to include Boost.Asio: <utility> has to come before awaitable.hpp with older Boost releases.
//
// Task<T> is every coroutine of the project; it runs on the one io_context thread that owns the state. Rules that were
// paid for: coroutine parameters by value; no braced list of class type inside a co_await expression (g++ 12); never
// `read || timer` (the loser's result is dropped): let the timer set a flag and cancel, then look at both; never put
// inherited descriptors 0-2 into Asio.
#pragma once

#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

namespace xtest {

namespace asio = boost::asio;

template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace xtest
