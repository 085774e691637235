// SPDX-License-Identifier: Apache-2.0
// What a guest costs: clones and boots until their first result, and 1,000 trivial programs in one, in pairs with a plain
// loop in the same guest, with ssh(1) over a master connection and with fresh ones, and over a line with delay.
//
//   vm_bench [ROUNDS]          default: 3; run it on a quiet machine
//
// Needs qemu-system-x86_64, ssh and gcc. Prints one line a figure: its least, middle and greatest value.
#include "emulators/guest/agent_build.h"
#include "emulators/guest/guest_session.h"
#include "emulators/guest/sh_session.h"
#include "emulators/vm/provide_image.h"
#include "emulators/vm/snapshot.h"
#include "runner/base/process.h"
#include "runner/base/random.h"
#include "runner/store/paths.h"
#include "targets/load.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr int kPrograms = 1000, kDepth = 16, kFarDepth = 64, kMastered = 100, kFresh = 10, kPairs = 3;
constexpr auto kOneWay = std::chrono::milliseconds(75);

std::map<std::string, std::vector<double>> figures;
std::vector<std::string> order;

void note(const std::string& what, double value) {
  if (!figures.contains(what)) order.push_back(what);
  figures[what].push_back(value);
}

double since(Steady::time_point begun) { return std::chrono::duration<double>(Steady::now() - begun).count(); }

double own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Guest {
  std::unique_ptr<Machine> machine;
  std::unique_ptr<GuestSession> session;
};

struct World {
  Target target;
  ImageRecipe recipe;
  MadeImage image;
  Snapshot snapshot;
  std::string version;
  fs::path folder, agent, program, burner;
  int guests = 0;
};

MachineOptions next_machine(World& world) {
  const std::string name = "vm" + std::to_string(++world.guests);
  return {world.recipe, world.image, world.folder / name, world.folder / (name + ".console"), XTEST_AGENT, "tcg", {}, {}, false};
}

Task<Guest> open_session(World& world, std::unique_ptr<Machine> machine, std::unique_ptr<FarSide> side) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
  const std::string command =
      std::string("exec ") + agent_in_snapshot + "/agent --clock " + std::to_string(now) + " --entropy " + random_hex(64);
  auto session = co_await GuestSession::open("vm#" + std::to_string(world.guests), side, command);
  co_return Guest{std::move(machine), std::move(session)};
}

Task<Guest> take_clone(World& world) {
  MachineOptions options = next_machine(world);
  options = co_await clone_of(world.snapshot, std::move(options));
  auto machine = co_await Machine::start(std::move(options));
  co_await machine->thaw(world.snapshot.state());
  auto connection = co_await machine->connect(std::chrono::minutes(1));
  auto side = FarSide::at(std::move(connection), "/tmp/xtest-" + random_hex(8));
  co_return co_await open_session(world, std::move(machine), std::move(side));
}

Task<void> must_run(Session& session, std::vector<Argument> argv) {
  RunRequest request;
  request.command.argv = std::move(argv);
  request.command.limits.wall = std::chrono::minutes(10);
  std::vector<fs::path> files;
  for (const Argument& word : request.command.argv) {
    if (const auto* path = std::get_if<PathRef>(&word); path && path->host.string().starts_with("/tmp/")) files.push_back(path->host);
  }
  co_await session.stage(std::move(files));
  const Completion completion = co_await session.run(std::move(request));
  if (!exited_with(completion, 0)) throw Error(ErrorKind::infra, "a program " + describe(completion.how) + ": " + completion.err.text);
}

// Several coroutines that share one number of runs.
Task<void> run_many(std::vector<Session*> sessions, fs::path program, int count, int depth) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer done(executor, Steady::time_point::max());
  int left = count, working = 0;
  std::exception_ptr problem;
  const auto worker = [&](Session* session) -> Task<void> {
    while (left > 0) {
      --left;
      std::vector<Argument> argv{PathRef{program}};
      co_await must_run(*session, std::move(argv));
    }
  };
  for (Session* session : sessions) {
    for (int at = 0; at < depth; ++at) {
      ++working;
      asio::co_spawn(executor, worker(session), [&](std::exception_ptr error) {
        if (error) problem = error;
        if (--working == 0) done.cancel();
      });
    }
  }
  if (working > 0) co_await done.async_wait(asio::as_tuple(asio::use_awaitable));
  if (problem) std::rethrow_exception(problem);
}

Task<double> loop_in_guest(GuestSession& session, std::string program_there) {
  const std::string script = "mkdir -p /tmp/loop; i=0; while [ $i -lt " + std::to_string(kPrograms) + " ]; do " + program_there +
                             " >/tmp/loop/$i.out 2>/tmp/loop/$i.err; echo $? >/tmp/loop/$i.status; i=$((i+1)); done; rm -r /tmp/loop";
  const auto begun = Steady::now();
  std::vector<Argument> argv{std::string("/bin/sh"), std::string("-c"), script};
  co_await must_run(session, std::move(argv));
  co_return since(begun);
}

Task<double> by_ssh(World& world, std::uint16_t port, std::string more, std::string program_there, int times) {
  ProcessSpec spec;
  const std::string ssh = "ssh -F /dev/null -i " + world.image.user_key().string() + " -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no"
                          " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p " + std::to_string(port) + " " + more + " root@127.0.0.1 " + program_there;
  spec.argv = {"/bin/sh", "-c", ssh + " && i=0; while [ $i -lt " + std::to_string(times) + " ]; do " + ssh + " || exit 1; i=$((i+1)); done"};
  spec.env = clean_environment();
  const auto begun = Steady::now();
  const Completion done = co_await run_process(std::move(spec));
  if (!exited_with(done, 0)) throw Error(ErrorKind::infra, "ssh " + describe(done.how) + ": " + done.err.text);
  co_return since(begun) / (times + 1) * kPrograms;
}

// Carries bytes between two sockets, each piece after its time.
Task<void> carry_late(std::shared_ptr<asio::ip::tcp::socket> from, std::shared_ptr<asio::ip::tcp::socket> to) {
  const auto executor = co_await asio::this_coro::executor;
  std::array<char, 65536> piece;
  while (true) {
    const auto [error, size] = co_await from->async_read_some(asio::buffer(piece), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    auto timer = std::make_shared<asio::steady_timer>(executor, kOneWay);
    timer->async_wait([timer, to, bytes = std::make_shared<std::string>(piece.data(), size)](auto) {
      boost::system::error_code error;
      for (std::size_t sent = 0; sent < bytes->size() && !error;) sent += to->send(asio::buffer(*bytes) + sent, 0, error);
    });
  }
  asio::steady_timer last(executor, 2 * kOneWay);
  co_await last.async_wait(asio::as_tuple(asio::use_awaitable));
  boost::system::error_code ignored;
  to->shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

Task<void> relay(std::shared_ptr<asio::ip::tcp::acceptor> acceptor, std::uint16_t to) {
  const auto executor = co_await asio::this_coro::executor;
  auto near = std::make_shared<asio::ip::tcp::socket>(co_await acceptor->async_accept(asio::use_awaitable));
  auto far = std::make_shared<asio::ip::tcp::socket>(executor);
  co_await far->async_connect({asio::ip::address_v4::loopback(), to}, asio::use_awaitable);
  for (const auto& socket : {near, far}) socket->set_option(asio::ip::tcp::no_delay(true));
  asio::co_spawn(executor, carry_late(near, far), asio::detached);
  asio::co_spawn(executor, carry_late(far, near), asio::detached);
}

long resident_mib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    long kib = 0;
    if (std::sscanf(line.c_str(), "Pss: %ld kB", &kib) == 1) return kib / 1024;
  }
  return 0;
}

std::vector<pid_t> machines(const World& world) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    std::ifstream words(entry.path() / "cmdline");
    std::string all((std::istreambuf_iterator<char>(words)), {});
    if (pid > 0 && all.starts_with("/usr/bin/qemu-system") && all.find(world.folder.string()) != all.npos) found.push_back(pid);
  }
  return found;
}

Task<void> measure_starts(World& world) {
  auto begun = Steady::now();
  {
    Guest guest = co_await take_clone(world);
    std::vector<Argument> argv{PathRef{world.program}};
    co_await must_run(*guest.session, std::move(argv));
    note("clone to first result, s", since(begun));
  }
  begun = Steady::now();
  {
    MachineOptions cold = next_machine(world);
    cold.memory = world.folder / "cold";
    auto machine = co_await Machine::start(std::move(cold));
    auto first = co_await machine->connect(std::chrono::minutes(2));
    co_await first->run(std::string("mkdir -p ") + agent_in_snapshot);
    auto side = FarSide::at(std::move(first), agent_in_snapshot);
    co_await GuestSession::send_agent(*side, world.agent);
    Guest guest = co_await open_session(world, std::move(machine), std::move(side));
    std::vector<Argument> argv{PathRef{world.program}};
    co_await must_run(*guest.session, std::move(argv));
    note("cold boot to first result, s", since(begun));
  }
  fs::remove(world.folder / "cold");
  begun = Steady::now();
  const auto executor = co_await asio::this_coro::executor;
  std::vector<Guest> eight;
  asio::steady_timer done(executor, Steady::time_point::max());
  for (int at = 0; at < 8; ++at) {
    asio::co_spawn(executor, take_clone(world), [&](std::exception_ptr, Guest guest) {
      eight.push_back(std::move(guest));
      if (eight.size() == 8) done.cancel();
    });
  }
  co_await done.async_wait(asio::as_tuple(asio::use_awaitable));
  note("eight clones at once, s", since(begun));
  long most = 0;
  for (const pid_t pid : machines(world)) most = std::max(most, resident_mib(pid));
  note("resident memory of one of eight clones (its share), MiB", static_cast<double>(most));
}

Task<double> by_sh(World& world, Machine& machine) {
  const Connect further = [&machine] { return machine.connect(std::chrono::minutes(1)); };
  auto connection = co_await machine.connect(std::chrono::minutes(1));
  auto side = co_await FarSide::open(std::move(connection), further, "");
  const auto session = co_await ShSession::open("sh", std::move(side));
  std::vector<Argument> argv{PathRef{world.program}};
  co_await must_run(*session, std::move(argv));
  const auto begun = Steady::now();
  std::vector<Session*> one{session.get()};
  co_await run_many(one, world.program, kPrograms, kDepth);
  const double all = since(begun);
  co_await session->close();
  co_return all;
}

Task<void> measure_runs(World& world, std::string program_there) {
  Guest guest = co_await take_clone(world);
  std::vector<Argument> argv{std::string("/bin/cp"), PathRef{world.program}, program_there};
  co_await must_run(*guest.session, std::move(argv));
  double loop = 0, agent = 0;
  std::vector<Session*> one{guest.session.get()};
  for (int pair = 0; pair < kPairs; ++pair) {
    loop = co_await loop_in_guest(*guest.session, program_there);
    const double cpu = own_cpu();
    const auto begun = Steady::now();
    co_await run_many(one, world.program, kPrograms, kDepth);
    agent = since(begun);
    note("loop in the guest, 1,000 programs, s", loop);
    note("agent, 1,000 programs, s", agent);
    note("agent / loop", agent / loop);
    note("xtest's own CPU, ms a test", (own_cpu() - cpu) / kPrograms * 1000);
  }
  note("sh driver / loop", co_await by_sh(world, *guest.machine) / loop);
  const std::string master = "-o ControlMaster=auto -o ControlPersist=10 -o ControlPath=" + (world.folder / "master").string();
  note("ssh with a master / agent", co_await by_ssh(world, guest.machine->port(), master, program_there, kMastered) / agent);
  note("fresh ssh / agent", co_await by_ssh(world, guest.machine->port(), "", program_there, kFresh) / agent);
  const auto executor = co_await asio::this_coro::executor;
  const auto acceptor = std::make_shared<asio::ip::tcp::acceptor>(executor, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::co_spawn(executor, relay(acceptor, guest.machine->port()), asio::detached);
  auto far = co_await guest.machine->connect(std::chrono::minutes(1), acceptor->local_endpoint().port());
  auto side = FarSide::at(std::move(far), "/tmp/xtest-" + random_hex(8));
  auto session = co_await GuestSession::open("far", side, std::string("exec ") + agent_in_snapshot + "/agent");
  std::vector<Argument> again{PathRef{world.program}};
  co_await must_run(*session, std::move(again));
  const auto begun = Steady::now();
  std::vector<Session*> distant{session.get()};
  co_await run_many(distant, world.program, kPrograms, kFarDepth);
  note("150 ms away / (here + ten round trips)", since(begun) / (agent + 20 * std::chrono::duration<double>(kOneWay).count()));
}

Task<void> measure_two(World& world) {
  Guest first = co_await take_clone(world), second = co_await take_clone(world);
  std::vector<Session*> one{first.session.get()}, both{first.session.get(), second.session.get()};
  auto begun = Steady::now();
  co_await run_many(one, world.burner, 8, 1);
  const double alone = since(begun);
  begun = Steady::now();
  co_await run_many(both, world.burner, 8, 1);
  note("one guest / two guests, CPU-bound", alone / since(begun));
}

Task<fs::path> compile(World& world, std::string name, std::string source) {
  std::ofstream(world.folder / (name + ".c")) << source;
  ProcessSpec spec;
  spec.argv = {"gcc", "-O1", "-static", "-o", world.folder / name, world.folder / (name + ".c")};
  spec.env = clean_environment();
  if (!exited_with(co_await run_process(std::move(spec)), 0)) throw Error(ErrorKind::infra, "gcc failed");
  co_return world.folder / name;
}

Task<void> measure(World& world, int rounds) {
  const fs::path data = XTEST_SOURCE_DIR;
  TargetLibrary library({data / "targets" / "data"}, {});
  world.target = library.find("x86_64-unknown-linux-gnu");
  const auto recipes = load_images({data / "emulators" / "vm" / "images"});
  world.recipe = *std::ranges::find(recipes, "linux-x86_64", &ImageRecipe::name);
  const auto say = [](std::string_view line) { fmt::print(stderr, "{}\n", line); };
  ImagePlace place{cache_dir(), XTEST_AGENT};
  world.image = co_await provide_image(world.recipe, std::move(place), say);
  world.agent = co_await build_agent(world.target, data, cache_dir());
  MachineOptions first = next_machine(world);
  world.snapshot = co_await provide_snapshot(std::move(first), "bench", world.agent, say);
  world.program = co_await compile(world, "trivial", "int main(void) { return 0; }\n");
  world.burner = co_await compile(world, "burner", "int main(void) { volatile unsigned long n = 0; while (n < 40000000) ++n; return 0; }\n");
  for (int round = 0; round < rounds; ++round) {
    co_await measure_starts(world);
    co_await measure_runs(world, "/tmp/trivial");
    co_await measure_two(world);
  }
}

}  // namespace
}  // namespace xtest

int main(int argc, char** argv) {
  using namespace xtest;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  std::string pattern = "/tmp/xtest-bench-XXXXXX";
  World world;
  world.folder = ::mkdtemp(pattern.data());
  asio::io_context io;
  int code = 0;
  asio::co_spawn(io, measure(world, rounds), [&](std::exception_ptr problem) {
    try {
      if (problem) std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      fmt::print(stderr, "vm_bench: {}\n", error.what());
      code = 1;
    }
    io.stop();
  });
  io.run();
  for (const std::string& what : order) {
    auto values = figures[what];
    std::ranges::sort(values);
    fmt::print("{:<56} {:>8.3f} {:>8.3f} {:>8.3f}\n", what, values.front(), values[values.size() / 2], values.back());
  }
  fs::remove_all(world.folder);
  return code;
}
