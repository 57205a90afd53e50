#include "grimoire/base/reader.h"

#include <gtest/gtest.h>

#include "grimoire/base/bytes_file.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Reader, ReadsLittleEndianInOrder) {
  Reader r(std::string_view("GG\x01\x02\x00\x00\xff\xff\xff\xff\x00\x00\x80\x3f" "abc", 17), "f");
  r.expect("GG", "magic");
  EXPECT_EQ(r.read<uint32_t>("n"), 0x201u);
  EXPECT_EQ(r.read<int32_t>("m"), -1);
  EXPECT_EQ(r.read<float>("x"), 1.0f);
  EXPECT_EQ(r.offset(), 14u);
  EXPECT_EQ(r.remaining(), 3u);
  EXPECT_EQ(r.take(2, "text"), "ab");
  r.skip(1, "text");
  EXPECT_TRUE(r.at_end());
  r.skip(0, "nothing");
}

TEST(Reader, AlignsAndBounds) {
  Reader r(std::string_view("\x05xxx\x01\0\0\0", 8), "f");
  EXPECT_EQ(r.read_between<uint8_t>(0, 5, "n"), 5);
  r.align(4, "padding");
  EXPECT_EQ(r.offset(), 4u);
  r.align(4, "padding");
  EXPECT_EQ(r.read<uint32_t>("one"), 1u);
}

TEST(Reader, NamesFilePlaceAndField) {
  Reader r(std::string_view("\x09\x00\x00\x00rest", 8), "model.bin");
  EXPECT_EQ(refusal([&] { Reader(r).read_between<uint32_t>(1, 8, "count"); }),
            "[read] model.bin: at byte 4: count: got 9, expected 1 to 8");
  r.skip(6, "x");
  EXPECT_EQ(refusal([&] { r.read<uint64_t>("length"); }),
            "[read] model.bin: at byte 6: length: the file ends too early: 8 bytes needed, 2 left");
  EXPECT_EQ(refusal([&] { r.take(UINT64_MAX, "text"); }),
            "[read] model.bin: at byte 6: text: the file ends too early: 18446744073709551615 bytes needed, 2 left");
  EXPECT_EQ(refusal([&] { r.expect("GGUF", "magic"); }), "[read] model.bin: at byte 6: magic: expected 'GGUF'");
  EXPECT_EQ(refusal([&] { r.align(0, "padding"); }), "[read] model.bin: at byte 6: padding: alignment: got 0");
  EXPECT_EQ(refusal([&] { r.align(16, "padding"); }),
            "[read] model.bin: at byte 6: padding: the file ends too early: 10 bytes needed, 2 left");
  EXPECT_EQ(r.offset(), 6u);  // a refusal moves nothing
}

TEST(Reader, MultiplyTellsOverflow) {
  uint64_t product = 0;
  EXPECT_TRUE(multiply(1ull << 32, (1ull << 32) - 1, product));
  EXPECT_EQ(product, 0xffffffff00000000ull);
  EXPECT_FALSE(multiply(1ull << 32, 1ull << 32, product));
}

// A file is read piece by piece, and reads as the same bytes in memory do, wherever a piece ends.
TEST(Reader, AFileReadsAsItsBytesDo) {
  std::string bytes(300'000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
  BytesFile file(bytes);
  Reader in_memory(bytes, "m"), in_file(file, "f");
  for (uint64_t step = 1; in_memory.remaining() > 70'000; step = step * 7 % 4093) {
    ASSERT_TRUE(in_file.take(step, "text") == in_memory.take(step, "text"));
    ASSERT_EQ(in_file.read<uint64_t>("number"), in_memory.read<uint64_t>("number"));
    in_file.align(16, "padding");
    in_memory.align(16, "padding");
    ASSERT_EQ(in_file.offset(), in_memory.offset());
    const std::string next = bytes.substr(in_memory.offset(), 5);
    in_file.expect(next, "magic");
    in_memory.expect(next, "magic");
    EXPECT_THROW(in_file.expect("another", "magic"), Error);
  }
  const uint64_t left = in_memory.remaining();
  EXPECT_TRUE(in_file.take(left, "rest") == in_memory.take(left, "rest"));
  EXPECT_TRUE(in_file.at_end());
  EXPECT_THROW(in_file.take(1, "more"), Error);
  EXPECT_THROW(in_file.skip(1, "more"), Error);
}

}  // namespace
}  // namespace grim
