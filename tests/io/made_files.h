// Files of tensor formats made by hand, true or with one lie in them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace grim::test {

template <class T> std::string le(T v) { return {reinterpret_cast<const char*>(&v), sizeof v}; }  // little-endian

// --- zip, stored ------------------------------------------------------------------------------------------------------

struct ZipLie {  // what differs from the truth in the last member
  int64_t own_size = -1;      // in the member's own header
  int64_t listed_size = -1;   // in the directory, packed
  int64_t unpacked = -1;      // in the directory, unpacked
  int method = 0, flags = 0;
  std::string own_name{};     // in the member's own header
  uint32_t past = 0;          // added to its offset
  uint32_t directory_past = 0;  // added to the directory's
  int more_members = 0;       // that are not there
};

inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members, const ZipLie& lie = {}) {
  std::string bytes, directory;
  for (size_t i = 0; i < members.size(); ++i) {
    const auto& [name, data] = members[i];
    const ZipLie l = i + 1 == members.size() ? lie : ZipLie{};
    const auto size = static_cast<uint32_t>(data.size()), own = l.own_size < 0 ? size : static_cast<uint32_t>(l.own_size);
    const auto listed = l.listed_size < 0 ? size : static_cast<uint32_t>(l.listed_size), unpacked = l.unpacked < 0 ? listed : static_cast<uint32_t>(l.unpacked);
    const auto method = static_cast<uint16_t>(l.method), flags = static_cast<uint16_t>(l.flags);
    const std::string own_name = l.own_name.empty() ? name : l.own_name;
    directory += "PK\x01\x02" + le(uint32_t{0}) + le(flags) + le(method) + le(uint64_t{0}) + le(listed) + le(unpacked) +
                 le(static_cast<uint16_t>(name.size())) + le(uint32_t{0}) + std::string(8, '\0') + le(static_cast<uint32_t>(bytes.size() + l.past)) + name;
    bytes += "PK\x03\x04" + le(uint16_t{0}) + le(uint16_t{0}) + le(method) + le(uint64_t{0}) + le(own) + le(own) + le(static_cast<uint16_t>(own_name.size())) +
             le(uint16_t{0}) + own_name + data;
  }
  const auto count = static_cast<uint16_t>(members.size() + static_cast<size_t>(lie.more_members));
  return bytes + directory + "PK\x05\x06" + le(uint32_t{0}) + le(count) + le(count) + le(static_cast<uint32_t>(directory.size())) +
         le(static_cast<uint32_t>(bytes.size() + lie.directory_past)) + le(uint16_t{0});
}

// --- pickles ----------------------------------------------------------------------------------------------------------

inline std::string text(const std::string& t) { return "X" + le(static_cast<uint32_t>(t.size())) + t; }
inline std::string integer(int32_t n) { return "J" + le(n); }
inline std::string tuple(const std::vector<int32_t>& items) {
  std::string t = "(";
  for (int32_t n : items) t += integer(n);
  return t + "t";
}
struct PickledLie {
  std::string storage = "FloatStorage", kind = "storage", key = "0", rebuild = "torch._utils\n_rebuild_tensor_v2\n";
  int32_t elements = 4, offset = 0;
  std::vector<int32_t> shape = {2, 2}, strides = {2, 1};
};
inline std::string storage_of(const PickledLie& l) {
  return "(" + text(l.kind) + "ctorch\n" + l.storage + "\n" + text(l.key) + text("cpu") + integer(l.elements) + "tQ";
}
inline std::string tensor_of(const PickledLie& l = {}) {
  return "c" + l.rebuild + "(" + storage_of(l) + integer(l.offset) + tuple(l.shape) + tuple(l.strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}
inline std::string pickle_of(const std::string& body) { return "\x80\x02" + body + "."; }
inline std::string one_tensor(const PickledLie& l = {}) { return pickle_of("}" + text("a") + tensor_of(l) + "s"); }

inline std::string torch_of(const std::string& pickle, const std::string& storage = std::string(16, '\0'), const std::string& order = "little") {
  return zip_of({{"archive/data.pkl", pickle}, {"archive/byteorder", order}, {"archive/data/0", storage}});
}

// --- GGUF -------------------------------------------------------------------------------------------------------------

inline std::string gguf_text(const std::string& t) { return le(static_cast<uint64_t>(t.size())) + t; }
inline std::string gguf_pair(const std::string& key, uint32_t type, const std::string& value) { return gguf_text(key) + le(type) + value; }
inline std::string gguf_tensor(const std::string& name, const std::vector<uint64_t>& sizes, uint32_t type, uint64_t offset) {
  std::string t = gguf_text(name) + le(static_cast<uint32_t>(sizes.size()));
  for (uint64_t n : sizes) t += le(n);
  return t + le(type) + le(offset);
}
inline std::string gguf_of(const std::vector<std::string>& pairs, const std::vector<std::string>& tensors, size_t data_bytes = 0, uint32_t version = 3) {
  std::string bytes = "GGUF" + le(version) + le(static_cast<uint64_t>(tensors.size())) + le(static_cast<uint64_t>(pairs.size()));
  for (const std::string& p : pairs) bytes += p;
  for (const std::string& t : tensors) bytes += t;
  bytes.resize((bytes.size() + 31) / 32 * 32);
  return bytes + std::string(data_bytes, 'x');
}

// --- llama2.c ---------------------------------------------------------------------------------------------------------

inline std::string llama2c_of(const std::vector<int32_t>& header, int64_t floats) {
  std::string bytes;
  for (int32_t n : header) bytes += le(n);
  return bytes + std::string(static_cast<size_t>(floats) * 4, '\0');
}

// --- llm.c ------------------------------------------------------------------------------------------------------------

inline std::string llmc_of(const std::vector<int32_t>& first, int64_t bytes) {
  std::string header;
  for (int32_t n : first) header += le(n);
  header.resize(1024);
  return header + std::string(static_cast<size_t>(bytes), '\0');
}

}  // namespace grim::test
