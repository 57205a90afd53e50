#include "grimoire/io/gguf.h"

#include <set>

#include "grimoire/base/error.h"

namespace grim {

// --- reading ---------------------------------------------------------------------------------------------------------

GgufFile::GgufFile(const std::string& path) : GgufFile(path, files().open(path)) {}

GgufFile::GgufFile(const std::string& path, std::unique_ptr<InFile> file) : TensorFile(path, "GGUF") {
  Reader reader(*file, path);
  GgufHeader header = parse_gguf_header(reader, path);
  add_part(path, std::move(file));
  for (const GgufPair& p : header.pairs) metadata_.emplace(p.key, p.value.to_string());
  pairs_ = std::move(header.pairs);
  for (TensorEntry& e : header.tensors) add(std::move(e));
}

const GgufValue* GgufFile::value(std::string_view key) const {
  for (const GgufPair& p : pairs_)
    if (p.key == key) return &p.value;
  return nullptr;
}

template <class T> const std::vector<T>& GgufFile::values(std::string_view key, bool array, const char* expected) const {
  const GgufValue* const v = value(key);
  if (!v) {
    std::vector<std::string> keys;
    for (const GgufPair& p : pairs_) keys.push_back(p.key);
    fail(ErrorKind::input, "gguf", str("{}: there is no key '{}'", path(), key), did_you_mean(key, keys));
  }
  const auto* const held = std::get_if<std::vector<T>>(&v->values);
  GRIM_CHECK(held && v->array == array, input, "gguf", "{}: key '{}' is {} {}, expected {}", path(), key, v->array ? "an array of" : "one", name_of(v->type),
             expected);
  return *held;
}

int64_t GgufFile::integer(std::string_view key) const {
  const int64_t n = values<int64_t>(key, false, "an integer")[0];
  GRIM_CHECK(n >= 0 || value(key)->type != GgufType::u64, input, "gguf", "{}: key '{}': got {}, expected at most 2^63 - 1", path(), key,
             static_cast<uint64_t>(n));
  return n;
}
double GgufFile::real(std::string_view key) const {
  const GgufValue* const v = value(key);
  return v && std::holds_alternative<std::vector<int64_t>>(v->values) ? static_cast<double>(integer(key)) : values<double>(key, false, "a number")[0];
}
const std::string& GgufFile::text(std::string_view key) const { return values<std::string>(key, false, "a text")[0]; }
const std::vector<int64_t>& GgufFile::integers(std::string_view key) const { return values<int64_t>(key, true, "an array of integers"); }
const std::vector<double>& GgufFile::reals(std::string_view key) const { return values<double>(key, true, "an array of reals"); }
const std::vector<std::string>& GgufFile::texts(std::string_view key) const { return values<std::string>(key, true, "an array of texts"); }

// --- writing ---------------------------------------------------------------------------------------------------------

namespace {

template <class T> void put(std::string& out, T v) { out.append(reinterpret_cast<const char*>(&v), sizeof v); }
void put_text(std::string& out, const std::string& text) {
  put(out, static_cast<uint64_t>(text.size()));
  out += text;
}

void put_whole(std::string& out, GgufType type, int64_t n) {
  switch (type) {
    case GgufType::u8: case GgufType::i8: case GgufType::boolean: return put(out, static_cast<uint8_t>(n));
    case GgufType::u16: case GgufType::i16: return put(out, static_cast<uint16_t>(n));
    case GgufType::u32: case GgufType::i32: return put(out, static_cast<uint32_t>(n));
    default: return put(out, n);
  }
}

void put_value(std::string& out, const GgufPair& pair) {
  const GgufValue& v = pair.value;
  GRIM_CHECK(v.type != GgufType::array && (v.array || v.size() == 1), argument, "gguf",
             "key '{}': got {} values, expected one or an array", pair.key, v.size());
  const bool real = v.type == GgufType::f32 || v.type == GgufType::f64;
  GRIM_CHECK(v.values.index() == (v.type == GgufType::text ? 2u : real ? 1u : 0u), argument, "gguf", "key '{}': its values are not of type {}", pair.key,
             name_of(v.type));
  put(out, static_cast<uint32_t>(v.array ? GgufType::array : v.type));
  if (v.array) {
    put(out, static_cast<uint32_t>(v.type));
    put(out, static_cast<uint64_t>(v.size()));
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&v.values))
    for (const std::string& t : *texts) put_text(out, t);
  if (const auto* whole = std::get_if<std::vector<int64_t>>(&v.values))
    for (int64_t n : *whole) put_whole(out, v.type, n);
  if (const auto* reals = std::get_if<std::vector<double>>(&v.values))
    for (double x : *reals) v.type == GgufType::f32 ? put(out, static_cast<float>(x)) : put(out, x);
}

uint64_t alignment_in(const std::vector<GgufPair>& pairs) {
  for (const GgufPair& p : pairs)
    if (p.key == "general.alignment") {
      const auto* const n = std::get_if<std::vector<int64_t>>(&p.value.values);
      const int64_t a = n && n->size() == 1 && p.value.type == GgufType::u32 && !p.value.array ? (*n)[0] : 0;
      GRIM_CHECK(a > 0 && (a & (a - 1)) == 0 && a <= static_cast<int64_t>(kMostGgufAlignment), argument, "gguf",
                 "general.alignment: expected one u32, a power of two up to {}", kMostGgufAlignment);
      return static_cast<uint64_t>(a);
    }
  return 32;
}

const StoredType& type_of(const GgufTensor& t) {
  const TensorSource& x = t.source;
  GRIM_CHECK(x.shape.ndim() >= 1 && x.shape.ndim() <= kGgufDims && x.shape.numel() > 0, argument, "gguf",
             "tensor '{}': got shape {}, expected 1 to {} axes, none of them empty", x.name, x.shape, kGgufDims);
  const StoredType* const type = stored_type(t.type);
  const bool rounded = type && type->encode && is_float(x.dtype);
  const bool same = type && type->ggml >= 0 && (type == x.stored ? x.bytes != nullptr : type == &stored_type_of(x.dtype));
  GRIM_CHECK(rounded || same, argument, "gguf", "tensor '{}': {} cannot be written as '{}', expected of a real tensor {}, or its own type", x.name,
             name_of(x.dtype), t.type, written_types());
  GRIM_CHECK(type->fits(x.shape), argument, "gguf", "tensor '{}': rows of {} do not fill whole blocks of {} ({})", x.name, x.shape.back(),
             type->block, type->name);
  return *type;
}

void check_words(const std::string& word, const char* what, std::set<std::string>& seen) {
  GRIM_CHECK(!word.empty() && word.size() <= kMostGgufKey, argument, "gguf", "a {} of {} bytes, expected 1 to {}", what, word.size(), kMostGgufKey);
  GRIM_CHECK(seen.insert(word).second, argument, "gguf", "{} '{}' appears twice", what, word);
}

void write_padding(OutFile& out, uint64_t written, uint64_t alignment) { out.write(std::string((alignment - written % alignment) % alignment, '\0')); }

}  // namespace

void write_gguf(OutFile& out, const std::vector<GgufPair>& pairs, const std::vector<GgufTensor>& tensors) {
  const uint64_t alignment = alignment_in(pairs);
  std::string header = "GGUF";
  put(header, kGgufVersion);
  put(header, static_cast<uint64_t>(tensors.size()));
  put(header, static_cast<uint64_t>(pairs.size()));
  std::set<std::string> keys, names;
  for (const GgufPair& p : pairs) {
    check_words(p.key, "key", keys);
    put_text(header, p.key);
    put_value(header, p);
  }
  uint64_t at = 0;
  for (const GgufTensor& t : tensors) {
    const StoredType& type = type_of(t);
    const Shape& shape = t.source.shape;
    check_words(t.source.name, "tensor", names);
    put_text(header, t.source.name);
    put(header, static_cast<uint32_t>(shape.ndim()));
    for (int axis = shape.ndim() - 1; axis >= 0; --axis) put(header, static_cast<uint64_t>(shape[axis]));
    put(header, static_cast<uint32_t>(type.ggml));
    put(header, at);
    const auto bytes = static_cast<uint64_t>(t.source.shape.numel() / type.block * type.bytes);
    at += (bytes + alignment - 1) / alignment * alignment;
  }
  out.write(header);
  write_padding(out, header.size(), alignment);
  for (const GgufTensor& t : tensors) {
    const StoredType& type = type_of(t);
    write_stored(out, t.source, type);
    write_padding(out, static_cast<uint64_t>(t.source.shape.numel() / type.block * type.bytes), alignment);
  }
}

void write_gguf(const std::string& path, const std::vector<GgufPair>& pairs, const std::vector<GgufTensor>& tensors) {
  write_atomically(path, [&](OutFile& out) { write_gguf(out, pairs, tensors); });
}

}  // namespace grim
