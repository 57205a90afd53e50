#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/npy.h"

namespace grim {
namespace {

std::string file_of(const std::string& header, const std::string& data, char major = 1) {
  std::string bytes = std::string("\x93NUMPY") + major + '\0';
  const uint32_t length = static_cast<uint32_t>(header.size());
  bytes.append(reinterpret_cast<const char*>(&length), major == 1 ? 2 : 4);
  return bytes + header + data;
}
template <class T> std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TEST(Npy, ReadsWhatItWrites) {
  for (Dtype dtype : {Dtype::f64, Dtype::f32, Dtype::i64, Dtype::i32, Dtype::u8, Dtype::boolean}) {
    const Tensor t = Tensor::full({2, 3}, 1, dtype);
    const std::string bytes = npy_bytes(t);
    EXPECT_EQ((bytes.size() - static_cast<size_t>(t.numel() * size_of(dtype))) % 64, 0u);
    const Tensor back = parse_npy(bytes, "t");
    EXPECT_EQ(back.dtype(), dtype);
    EXPECT_EQ(back.to_vector<double>(), t.to_vector<double>());
  }
  EXPECT_EQ(parse_npy(npy_bytes(Tensor::scalar(3.5, Dtype::f64)), "t").item(), 3.5);
  EXPECT_EQ(parse_npy(npy_bytes(Tensor::zeros({0, 4})), "t").shape(), (Shape{0, 4}));
}

TEST(Npy, OtherLayouts) {
  const Tensor fortran =
      parse_npy(file_of("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", bytes_of<double>({1, 4, 2, 5, 3, 6}), 2), "t");
  EXPECT_EQ(fortran.to_vector<double>(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  const Tensor shorts =
      parse_npy(file_of("{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }", bytes_of<uint16_t>({7, 65535})), "t");
  EXPECT_EQ(shorts.to_vector<int64_t>(), (std::vector<int64_t>{7, 65535}));
}

TEST(Npy, RefusesLies) {
  const std::string good = npy_bytes(Tensor::zeros({2, 3}));
  for (size_t cut = 0; cut < good.size(); ++cut) EXPECT_THROW(parse_npy(good.substr(0, cut), "t"), Error) << cut;
  EXPECT_THROW(parse_npy(file_of("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999), }", ""), "t"), Error);
  EXPECT_THROW(parse_npy(file_of("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", bytes_of<double>({1})), "t"), Error);
  EXPECT_THROW(parse_npy(file_of("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", bytes_of<double>({1})), "t"), Error);
  EXPECT_THROW(parse_npy(file_of("{'fortran_order': False, 'shape': (1,), }", bytes_of<double>({1})), "t"), Error);
  EXPECT_THROW(parse_npz("PK\x03\x04", "t"), Error);
}

// numpy.savez_compressed(x=[[1., 2.]], y=[3]) as it lies in a file would be long; a stored archive of one member, built by hand.
TEST(Npy, Archive) {
  const std::string member = npy_bytes(Tensor::full({1, 2}, 4, Dtype::f64)), name = "x.npy";
  const auto u16 = [](size_t v) { return bytes_of<uint16_t>({static_cast<uint16_t>(v)}); };
  const auto u32 = [](size_t v) { return bytes_of<uint32_t>({static_cast<uint32_t>(v)}); };
  const std::string sizes = u32(0) + u32(member.size()) + u32(member.size()) + u16(name.size()) + u16(0);
  const std::string local = "PK\x03\x04" + u16(20) + u16(0) + u16(0) + u32(0) + sizes + name + member;
  const std::string directory =
      "PK\x01\x02" + u16(20) + u16(20) + u16(0) + u16(0) + u32(0) + sizes + u16(0) + u16(0) + u16(0) + u32(0) + u32(0) + name;
  const std::string end = "PK\x05\x06" + u16(0) + u16(0) + u16(1) + u16(1) + u32(directory.size()) + u32(local.size()) + u16(0);
  const std::string archive = local + directory + end;
  EXPECT_EQ(parse_npz(archive, "t").at("x").to_vector<double>(), (std::vector<double>{4, 4}));
  for (size_t cut = 0; cut < archive.size(); ++cut) EXPECT_THROW(parse_npz(archive.substr(0, cut), "t"), Error) << cut;
}

// A thousand tiny members: the work grows with the bytes, not with their square.
TEST(Gzip, ManyMembers) {
  const std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  std::string all;
  for (int i = 0; i < 20000; ++i) all += packed;
  EXPECT_EQ(gunzip(all, "t").size(), 100000u);
}

TEST(Gzip, PlainBytesPassAndDamageIsNoticed) {
  EXPECT_EQ(gunzip("plain", "t"), "plain");
  const std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  EXPECT_EQ(gunzip(packed, "t"), "hello");
  EXPECT_EQ(gunzip(packed + packed, "t"), "hellohello");
  EXPECT_THROW(gunzip(packed.substr(0, 20), "t"), Error);
  std::string flipped = packed;
  flipped[12] = static_cast<char>(flipped[12] ^ 1);
  EXPECT_THROW(gunzip(flipped, "t"), Error);
  EXPECT_THROW(gunzip(packed, "t", 3), Error);
}

}  // namespace
}  // namespace grim
