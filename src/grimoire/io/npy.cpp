#include "grimoire/io/npy.h"

#include <algorithm>
#include <vector>

#include "grimoire/base/bytes_file.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/reader.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/tensor_file.h"
#include "grimoire/io/zip.h"
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

struct NpyType {
  const char *descr, *stored;  // as NumPy writes it, as stored_type.h names it
};
constexpr NpyType kTypes[] = {{"<f8", "F64"}, {"<f4", "F32"}, {"<f2", "F16"}, {"<i8", "I64"}, {"<i4", "I32"}, {"<i2", "I16"},
                              {"|i1", "I8"},  {"|u1", "U8"},  {"<u2", "U16"}, {"<u4", "U32"}, {"<u8", "U64"}, {"|b1", "BOOL"}};

}  // namespace

Tensor parse_npy(std::string_view bytes, std::string_view source) {
  Reader reader(bytes, source);
  reader.expect(kMagic, "magic bytes of an .npy file");
  const int major = reader.read_between<uint8_t>(1, 3, "version");
  reader.skip(1, "version");
  const uint64_t length = major == 1 ? reader.read<uint16_t>("header length") : reader.read<uint32_t>("header length");
  const NpyHeader h = parse_header(reader.take(length, "header"), source);
  const StoredType* type = nullptr;
  for (const NpyType& t : kTypes)
    if (h.descr == t.descr) type = stored_type(t.stored);
  GRIM_CHECK(type, input, "npy", "{}: dtype '{}' is not supported, expected one of <f8 <f4 <f2 <i8 <i4 <i2 <u8 <u4 <u2 |u1 |i1 |b1", source,
             h.descr);
  Shape shape, reversed;
  for (int64_t n : h.shape) shape.push_back(n);
  for (int axis = shape.ndim() - 1; axis >= 0; --axis) reversed.push_back(shape[axis]);
  BytesFile data(reader.take(static_cast<uint64_t>(shape.numel() * type->bytes), "numbers"));
  Tensor t = read_stored(data, 0, *type, h.fortran ? reversed : shape, std::string(source));
  if (!h.fortran) return t;
  for (int a = 0, b = t.ndim() - 1; a < b; ++a, --b) t = view::transpose(t, a, b);
  return contiguous(t);
}

Tensor read_npy(const std::string& path) { return parse_npy(gunzip(read_file(path), path), path); }

std::map<std::string, Tensor> parse_npz(std::string_view bytes, std::string_view source) {
  BytesFile file(bytes);
  std::map<std::string, Tensor> arrays;
  uint64_t total = 0;  // members may share their bytes: a small file must not unpack without end
  for (const ZipMember& m : zip_members(file, source)) {
    const std::string member = str("{}, member {}", source, m.name);
    GRIM_CHECK(m.method == 0 || m.method == 8, input, "npz", "{}: packed by method {}, expected stored or deflate", member, m.method);
    GRIM_CHECK(m.size <= m.packed * 1032 + 64, input, "npz", "{}: claims to unpack to {} bytes", member, m.size);  // deflate's limit
    total += std::max(m.size, m.packed);
    GRIM_CHECK(total <= bytes.size() * 1032 + 64, input, "npz", "{}: claims to unpack to more than its file can hold", member);
    const std::string_view data = bytes.substr(m.at, m.packed);
    const std::string unpacked = m.method == 0 ? std::string(data) : inflate_raw(data, m.size, member);
    arrays[m.name.ends_with(".npy") ? m.name.substr(0, m.name.size() - 4) : m.name] = parse_npy(unpacked, member);
  }
  return arrays;
}

std::map<std::string, Tensor> read_npz(const std::string& path) { return parse_npz(read_file(path), path); }

std::string npy_bytes(const Tensor& tensor) {
  const Tensor t = contiguous(tensor.dtype() == Dtype::bf16 ? cast(tensor, Dtype::f32) : tensor);
  const char* descr = nullptr;
  for (const NpyType& type : kTypes)
    if (type.stored == stored_type_of(t.dtype()).name) descr = type.descr;
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
