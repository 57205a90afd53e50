#include "grimoire/io/npy.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/reader.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct NpyHeader {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
};

// The header is a Python dictionary of three known keys: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
std::string_view after_key(std::string_view text, std::string_view key, std::string_view source) {
  const size_t at = text.find(str("'{}':", key));
  GRIM_CHECK(at != std::string_view::npos, input, "npy", "{}: the header has no '{}'", source, key);
  text.remove_prefix(at + key.size() + 3);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

NpyHeader parse_header(std::string_view text, std::string_view source) {
  NpyHeader h;
  std::string_view descr = after_key(text, "descr", source);
  const size_t end = descr.size() > 1 && descr.front() == '\'' ? descr.find('\'', 1) : std::string_view::npos;
  GRIM_CHECK(end != std::string_view::npos, input, "npy", "{}: records are not supported, expected one plain dtype", source);
  h.descr = descr.substr(1, end - 1);
  h.fortran = after_key(text, "fortran_order", source).starts_with("True");
  std::string_view shape = after_key(text, "shape", source);
  GRIM_CHECK(shape.starts_with("("), input, "npy", "{}: the header's shape is not a tuple", source);
  shape.remove_prefix(1);
  uint64_t count = 1;
  while (true) {
    while (!shape.empty() && (shape.front() == ' ' || shape.front() == ',')) shape.remove_prefix(1);
    if (shape.empty() || shape.front() == ')') break;
    uint64_t n = 0;
    size_t digits = 0;
    while (digits < shape.size() && digits < 18 && shape[digits] >= '0' && shape[digits] <= '9') n = n * 10 + (shape[digits++] - '0');
    GRIM_CHECK(digits > 0 && h.shape.size() < 8 && multiply(count, std::max<uint64_t>(n, 1), count) && count >> 48 == 0, input, "npy",
               "{}: the header's shape is not one of at most 8 sizes", source);
    h.shape.push_back(static_cast<int64_t>(n));
    shape.remove_prefix(digits);
  }
  return h;
}

template <class From, class To> Tensor widen(std::string_view bytes, const Shape& shape, Dtype dtype) {
  Tensor t = Tensor::empty(shape, dtype);
  for (int64_t i = 0; i < t.numel(); ++i) {
    From v;
    std::memcpy(&v, bytes.data() + i * sizeof(From), sizeof(From));
    t.data<To>()[i] = static_cast<To>(v);
  }
  return t;
}

struct NpyType {
  const char* descr;
  size_t size;
  Dtype dtype;
  Tensor (*widen)(std::string_view, const Shape&, Dtype);  // nullptr: bytes as they are
};
constexpr NpyType kTypes[] = {{"<f8", 8, Dtype::f64, nullptr},
                              {"<f4", 4, Dtype::f32, nullptr},
                              {"<i8", 8, Dtype::i64, nullptr},
                              {"<i4", 4, Dtype::i32, nullptr},
                              {"|u1", 1, Dtype::u8, nullptr},
                              {"|b1", 1, Dtype::boolean, nullptr},
                              {"|i1", 1, Dtype::i32, widen<int8_t, int32_t>},
                              {"<i2", 2, Dtype::i32, widen<int16_t, int32_t>},
                              {"<u2", 2, Dtype::i32, widen<uint16_t, int32_t>},
                              {"<u4", 4, Dtype::i64, widen<uint32_t, int64_t>}};

}  // namespace

Tensor parse_npy(std::string_view bytes, std::string_view source) {
  Reader reader(bytes, source);
  reader.expect(kMagic, "magic bytes of an .npy file");
  const int major = reader.read_between<uint8_t>(1, 3, "version");
  reader.skip(1, "version");
  const uint64_t length = major == 1 ? reader.read<uint16_t>("header length") : reader.read<uint32_t>("header length");
  const NpyHeader h = parse_header(reader.take(length, "header"), source);
  const NpyType* type = nullptr;
  for (const NpyType& t : kTypes)
    if (h.descr == t.descr) type = &t;
  GRIM_CHECK(type, input, "npy", "{}: dtype '{}' is not supported, expected one of <f8 <f4 <i8 <i4 <i2 <u4 <u2 |u1 |i1 |b1", source,
             h.descr);
  Shape shape, reversed;
  for (int64_t n : h.shape) shape.push_back(n);
  for (int axis = shape.ndim() - 1; axis >= 0; --axis) reversed.push_back(shape[axis]);
  const Shape& read_as = h.fortran ? reversed : shape;
  const uint64_t count = static_cast<uint64_t>(shape.numel());
  const std::string_view data = reader.take(count * type->size, "numbers");
  Tensor t;
  if (type->widen) {
    t = type->widen(data, read_as, type->dtype);
  } else {
    t = Tensor::empty(read_as, type->dtype);
    if (!data.empty()) std::memcpy(t.raw(), data.data(), data.size());
  }
  if (!h.fortran) return t;
  for (int a = 0, b = t.ndim() - 1; a < b; ++a, --b) t = view::transpose(t, a, b);
  return contiguous(t);
}

Tensor read_npy(const std::string& path) { return parse_npy(gunzip(read_file(path), path), path); }

// A zip archive from its end: the end record names the central directory, whose entries name the members.
std::map<std::string, Tensor> parse_npz(std::string_view bytes, std::string_view source) {
  constexpr size_t kEndRecord = 22;
  const size_t end = bytes.rfind("PK\x05\x06");
  GRIM_CHECK(end != std::string_view::npos && end + kEndRecord <= bytes.size(), input, "npz", "{}: not a zip archive, or cut at its end",
             source);
  Reader tail(bytes.substr(end), source);
  tail.skip(10, "end record");
  const int members = tail.read<uint16_t>("member count");
  tail.skip(4, "directory size");
  const uint64_t directory_at = tail.read<uint32_t>("directory offset");
  GRIM_CHECK(directory_at <= end, input, "npz", "{}: the zip directory lies outside the file", source);
  Reader directory(bytes.substr(directory_at, end - directory_at), source);
  std::map<std::string, Tensor> arrays;
  uint64_t total = 0;  // members may share their bytes: a small file must not unpack without end
  for (int i = 0; i < members; ++i) {
    directory.expect("PK\x01\x02", "zip directory entry");
    directory.skip(6, "versions");
    const int method = directory.read<uint16_t>("method");
    directory.skip(8, "time and checksum");
    const uint64_t packed = directory.read<uint32_t>("packed size"), size = directory.read<uint32_t>("size");
    const uint64_t name_length = directory.read<uint16_t>("name length"), extra = directory.read<uint16_t>("extra length"),
                   comment = directory.read<uint16_t>("comment length");
    directory.skip(8, "attributes");
    const uint64_t local_at = directory.read<uint32_t>("member offset");
    std::string name(directory.take(name_length, "name"));
    directory.skip(extra + comment, "extra fields");
    GRIM_CHECK(local_at < bytes.size(), input, "npz", "{}: member {} lies outside the file", source, name);
    Reader local(bytes.substr(local_at), source);
    local.expect("PK\x03\x04", "zip member");
    local.skip(22, "member header");
    const uint64_t local_name = local.read<uint16_t>("name length"), local_extra = local.read<uint16_t>("extra length");
    local.skip(local_name + local_extra, "member name");
    const std::string_view data = local.take(packed, "member");
    const std::string member = str("{}, member {}", source, name);
    GRIM_CHECK(method == 0 || method == 8, input, "npz", "{}: packed by method {}, expected stored or deflate", member, method);
    GRIM_CHECK(size <= packed * 1032 + 64, input, "npz", "{}: claims to unpack to {} bytes", member, size);  // deflate's limit
    total += std::max(size, packed);
    GRIM_CHECK(total <= bytes.size() * 1032 + 64, input, "npz", "{}: claims to unpack to more than its file can hold", member);
    const std::string unpacked = method == 0 ? std::string(data) : inflate_raw(data, size, member);
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    arrays[name] = parse_npy(unpacked, member);
  }
  return arrays;
}

std::map<std::string, Tensor> read_npz(const std::string& path) { return parse_npz(read_file(path), path); }

std::string npy_bytes(const Tensor& tensor) {
  const Tensor t = contiguous(tensor.dtype() == Dtype::bf16 ? cast(tensor, Dtype::f32) : tensor);
  const char* descr = nullptr;
  for (const NpyType& type : kTypes)
    if (!type.widen && type.dtype == t.dtype()) descr = type.descr;
  std::string shape;
  for (int axis = 0; axis < t.ndim(); ++axis) shape += str("{},{}", t.dim(axis), axis + 1 < t.ndim() ? " " : "");
  std::string header = str("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  header.append(63 - (kMagic.size() + 4 + header.size()) % 64, ' ');
  header += '\n';
  const uint16_t length = static_cast<uint16_t>(header.size());
  std::string bytes(kMagic);
  bytes += std::string_view("\x01\x00", 2);
  bytes.append(reinterpret_cast<const char*>(&length), 2);
  bytes += header;
  bytes.append(t.raw(), static_cast<size_t>(t.numel()) * size_of(t.dtype()));
  return bytes;
}

}  // namespace grim
