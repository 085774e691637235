// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/wire.h"

#include "runner/base/fd.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace xtest {
namespace {

TEST(BrokerWire, AMessageIsTheSameAfterAnyCutOfItsBytes) {
  const Message sent{Word::exec, broker_version, Payload().text("a").texts({"", "b c"}).number(7).take()};
  const std::string bytes = encode(sent) + encode({Word::ps, broker_version, ""});
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    std::string got = bytes.substr(0, cut);
    Message message;
    const bool whole = cut_message(got, message) == Cut::whole;
    EXPECT_EQ(whole, cut >= encode(sent).size()) << cut;
    got += bytes.substr(cut);
    if (!whole) {
      ASSERT_EQ(cut_message(got, message), Cut::whole);
    }
    EXPECT_EQ(message.word, Word::exec);
    EXPECT_EQ(message.payload, sent.payload);
    ASSERT_EQ(cut_message(got, message), Cut::whole);
    EXPECT_EQ(message.word, Word::ps);
    EXPECT_EQ(got, "");
  }
}

TEST(BrokerWire, WhatIsNotOursIsSeenAtOnce) {
  std::string foreign = "GET / HTTP/1.1\r\n\r\n";
  Message message;
  EXPECT_EQ(cut_message(foreign, message), Cut::foreign);
  std::string huge = encode({Word::exec, broker_version, ""});
  huge[11] = '\x7f';
  EXPECT_EQ(cut_message(huge, message), Cut::foreign) << "a length that nobody would send";
}

TEST(BrokerWire, APayloadThatIsCutYieldsNothingAndSaysSo) {
  const std::string payload = Payload().texts({"one", "two"}).text("three").take();
  for (std::size_t cut = 0; cut < payload.size(); ++cut) {
    PayloadReader reader(std::string_view(payload).substr(0, cut));
    reader.texts();
    reader.text();
    EXPECT_TRUE(reader.bad()) << cut;
  }
  const std::string boast("\xff\xff\xff\xff", 4);
  PayloadReader many(boast);
  EXPECT_TRUE(many.texts().size() <= 1 && many.bad());
}

TEST(BrokerWire, DescriptorsComeWithTheFirstByteAndAreNotInherited) {
  SocketEnds ends = make_socket_pair();
  PipeEnds pipe = make_pipe();
  ASSERT_TRUE(send_message(ends.ours.get(), {Word::exec, broker_version, std::string(1000, 'x')}, {pipe.read.get(), pipe.write.get(), pipe.write.get()}));
  std::string rest;
  const auto received = receive_message(ends.theirs.get(), rest);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->message.payload.size(), 1000u);
  ASSERT_EQ(received->fds.size(), 3u);
  for (const int fd : received->fds) EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(::write(received->fds[1], "!", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 1);
  for (const int fd : received->fds) ::close(fd);
  ends.ours.reset();
  EXPECT_FALSE(receive_message(ends.theirs.get(), rest).has_value());
}

}  // namespace
}  // namespace xtest
