#include "energy/machine/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::string header =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/// A line of /proc/net/tcp on a little-endian machine.
std::string line(const std::string& address, int port, int user, int inode, const std::string& state = "0A") {
    char text[200];
    std::snprintf(text, sizeof(text),
                  "   0: %s:%04X 00000000:0000 %s 00000000:00000000 00:00000000 00000000 %5d 0 %d 1 0\n",
                  address.c_str(), static_cast<unsigned>(port), state.c_str(), user, inode);
    return text;
}
const std::string loopback = "0100007F", any = "00000000";
const std::string any6(32, '0'), loopback6 = "00000000000000000000000001000000";

/// A machine whose processes hold sockets.
class Machine {
  public:
    void process(int pid, const std::string& name, int parent, const std::vector<int>& sockets, int user = 1000) {
        const std::string folder = std::to_string(pid);
        tree_.write(folder + "/stat", folder + " (" + name + ") S " + std::to_string(parent) +
                                          " 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 7 0 0\n");
        tree_.write(folder + "/status", "Name:\tx\nUid:\t" + std::to_string(user) + "\t0\t0\t0\n");
        std::filesystem::create_directories(tree_.root() / folder / "fd");
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            std::filesystem::create_symlink("socket:[" + std::to_string(sockets[i]) + "]",
                                            tree_.root() / folder / "fd" / std::to_string(i + 3));
        }
    }
    void sockets(const std::string& v4, const std::string& v6 = "") {
        tree_.write("net/tcp", header + v4);
        tree_.write("net/tcp6", header + v6);
    }
    Listener find(const std::string& host, int port) { return find_listener(tree_.root(), host, port); }

  private:
    FakeTree tree_;
};

TEST(Listener, IsWhoeverHoldsTheSocket) {
    Machine machine;
    machine.process(1, "systemd", 0, {});
    machine.process(20, "llama-server", 1, {501, 77});
    machine.process(30, "other", 1, {502});
    machine.sockets(line(loopback, 8080, 1000, 501) + line(loopback, 8081, 1000, 502) +
                    line(loopback, 8080, 1000, 503, "01"));
    for (const char* host : {"127.0.0.1", "localhost", "0.0.0.0"}) {
        const Listener found = machine.find(host, 8080);
        EXPECT_THAT(found.processes, ElementsAre(20)) << host;
        EXPECT_EQ(found.program, "llama-server");
        EXPECT_EQ(found.problem, "");
    }
    EXPECT_THAT(machine.find("127.0.0.1", 8082).problem, HasSubstr("no visible program listens on port 8082"));
    EXPECT_TRUE(machine.find("127.0.0.1", 8082).processes.empty());
}

TEST(Listener, TheClosestAddressCounts) {
    Machine machine;
    machine.process(20, "tunnel", 1, {501});
    machine.process(30, "server", 1, {502});
    machine.sockets(line(loopback, 80, 1000, 501) + line(any, 80, 1000, 502));
    EXPECT_EQ(machine.find("127.0.0.1", 80).program, "tunnel");
    EXPECT_EQ(machine.find("192.168.0.7", 80).program, "server");
    machine.sockets(line("0200007F", 80, 1000, 501), line(any6, 80, 1000, 502));
    EXPECT_EQ(machine.find("127.0.0.2", 80).program, "tunnel");
    EXPECT_EQ(machine.find("127.0.0.1", 80).program, "server") << "a socket of IPv6 hears IPv4";
    machine.sockets("", line(loopback6, 80, 1000, 502));
    EXPECT_EQ(machine.find("::1", 80).program, "server");
    EXPECT_EQ(machine.find("localhost", 80).program, "server");
    EXPECT_TRUE(machine.find("127.0.0.1", 80).processes.empty());
}

TEST(Listener, WorkersOfOneProgramCountTogether) {
    Machine machine;
    machine.process(1, "systemd", 0, {501});
    machine.process(20, "vllm", 1, {501});
    machine.process(21, "vllm", 20, {501});
    machine.process(40, "vllm", 1, {501});
    machine.sockets(line(any, 8000, 1000, 501));
    EXPECT_THAT(machine.find("127.0.0.1", 8000).processes, UnorderedElementsAre(20, 40)) << "and what they started";
    machine.process(50, "another", 1, {501});
    EXPECT_THAT(machine.find("127.0.0.1", 8000).problem, HasSubstr("several programs"));
}

TEST(Listener, WhoPassesOnWhatItHearsIsNoServer) {
    for (const char* relay : {"ssh", "socat", "nginx", "docker-proxy", "systemd-socket-"}) {
        Machine machine;
        machine.process(20, relay, 1, {501});
        machine.sockets(line(loopback, 8080, 1000, 501));
        const Listener found = machine.find("127.0.0.1", 8080);
        EXPECT_TRUE(found.processes.empty()) << relay;
        EXPECT_THAT(found.problem, HasSubstr(std::string("belongs to ") + relay));
    }
    Machine machine;
    machine.process(1, "systemd", 0, {501});
    machine.sockets(line(loopback, 8080, 0, 501));
    EXPECT_THAT(machine.find("127.0.0.1", 8080).problem, HasSubstr("forwards its connections"));
}

TEST(Listener, AnotherUsersServiceIsFoundByItsUser) {
    Machine machine;  // whose sockets cannot be seen
    machine.process(1, "systemd", 0, {}, 0);
    machine.process(20, "ollama", 1, {}, 998);
    machine.process(21, "runner", 20, {}, 998);
    machine.process(30, "bash", 1, {}, 1000);
    machine.sockets(line(loopback, 11434, 998, 501) + line(any, 80, 0, 502));
    EXPECT_THAT(machine.find("127.0.0.1", 11434).processes, ElementsAre(20));
    EXPECT_EQ(machine.find("127.0.0.1", 11434).program, "ollama");
    EXPECT_THAT(machine.find("127.0.0.1", 80).problem, HasSubstr("another user (0)"));
    machine.process(22, "ollama", 1, {}, 998);
    EXPECT_THAT(machine.find("127.0.0.1", 11434).problem, HasSubstr("another user (998)")) << "one of two";
}

TEST(Listener, BrokenFilesFindNobody) {
    Machine machine;
    for (const char* text : {"", "x", "0: zz:zz 0 0A 0 0 0 0 0 5\n", "0: 0100007F 0 0A 0 0 0 0 0 5\n",
                             "0: 0100007F:1F90 0 0A\n", "0: 010000:1F90 00000000:0000 0A 0:0 0:0 0 0 0 5 1\n"}) {
        machine.sockets(text);
        EXPECT_TRUE(machine.find("127.0.0.1", 8080).processes.empty()) << text;
    }
}

TEST(Listener, FindsThisProcess) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    const Listener found = find_listener("/proc", "127.0.0.1", ntohs(address.sin_port));
    ::close(listener);
    EXPECT_THAT(found.processes, ElementsAre(::getpid())) << found.problem;
}

}  // namespace
}  // namespace ergon::energy
