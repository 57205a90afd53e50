// What the fuzzers call and what the ordinary tests replay: bytes as each kind of tensor file beside safetensors.
#pragma once

#include "fuzz/safetensors_target.h"
#include "grimoire/base/bytes_file.h"
#include "grimoire/io/gguf.h"
#include "grimoire/io/llama2c.h"
#include "grimoire/io/llmc.h"
#include "grimoire/io/pickle.h"
#include "grimoire/io/shards.h"
#include "grimoire/io/torch_file.h"

namespace grim::fuzz {

class BytesOut : public OutFile {
 public:
  void write(std::string_view bytes) override { bytes_ += bytes; }
  void sync() override {}
  void close() override {}
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Whatever was accepted can be read, and lies in the file: in 128-bit arithmetic that shares nothing with the parsers.
inline void read_everything(const TensorFile& file, uint64_t size) {
  uint64_t total = 0;
  for (const TensorEntry& e : file.entries()) {
    hold(file.find(e.name) == &e, "an entry that is not found");
    unsigned __int128 count = 1, last = 0;
    for (int64_t n : e.shape) {
      hold(n >= 0, "a size below 0");
      count *= static_cast<uint64_t>(n);
    }
    for (int axis = 0; axis < e.strides.ndim() && count > 0; ++axis)
      last += static_cast<unsigned __int128>(e.shape[axis] - 1) * static_cast<uint64_t>(e.strides[axis]);
    const auto block = static_cast<uint64_t>(e.type->block), width = static_cast<uint64_t>(e.type->bytes);
    hold(count % block == 0 && count / block * width == e.bytes, "bytes that do not fit the shape");
    hold(count == 0 || e.at + (e.strides.ndim() ? (last + 1) * width : (unsigned __int128){e.bytes}) <= size, "a tensor outside the file");
    total += e.bytes;
    if (total > (1u << 18) || !e.type->becomes) continue;  // the rest would only take time
    try {
      const Tensor x = file.read(e);
      hold(x.shape() == e.shape && x.dtype() == *e.type->becomes, "another tensor than was announced");
    } catch (const Error& refused) {
      hold(e.type->name == "U64" && refused.kind() == ErrorKind::input, "an accepted tensor that cannot be read");
    }
  }
}

template <class File> bool accepts(std::string_view bytes, void (*more)(const File&) = nullptr) {
  return takes([&] {
    const File file("fuzz", std::make_unique<BytesFile>(bytes));
    read_everything(file, bytes.size());
    if (more) more(file);
  });
}

inline bool accepts_gguf(std::string_view bytes) {
  return accepts<GgufFile>(bytes, [](const GgufFile& file) {  // written again, the pairs are the same
    BytesOut out;
    write_gguf(out, file.pairs(), {});
    Reader reader(out.bytes(), "again");
    const std::vector<GgufPair> again = parse_gguf_header(reader, "again").pairs;
    BytesOut second;
    write_gguf(second, again, {});
    hold(out.bytes() == second.bytes(), "other pairs the second time");  // by their bytes: a NaN is not equal to itself
  });
}
inline bool accepts_torch(std::string_view bytes) { return accepts<TorchFile>(bytes); }
inline bool accepts_llama2c(std::string_view bytes) {
  const bool begins = begins_llama2c(bytes.substr(0, 512), bytes.size()), accepted = accepts<Llama2cFile>(bytes);
  hold(begins == accepted, "told apart otherwise than read");
  return accepted;
}
inline bool accepts_llmc(std::string_view bytes) { return accepts<LlmcFile>(bytes); }
inline bool accepts_pickle(std::string_view bytes) {
  return takes([&] {
    for (const PickledTensor& t : parse_torch_pickle(bytes, "fuzz").tensors) {
      unsigned __int128 last = t.offset;
      bool empty = false;
      for (int axis = 0; axis < t.shape.ndim(); ++axis) {
        empty = empty || t.shape[axis] == 0;
        last += static_cast<unsigned __int128>(t.shape[axis] ? t.shape[axis] - 1 : 0) * static_cast<uint64_t>(t.strides[axis]);
      }
      hold(t.strides.ndim() == t.shape.ndim(), "strides that do not fit the shape");
      hold(empty || (last + 1) * static_cast<uint64_t>(t.type->bytes) <= t.storage_bytes, "a tensor outside its storage");
    }
  });
}
inline bool accepts_shard_index(std::string_view bytes) {
  return takes([&] {
    const ShardIndex index = parse_shard_index(bytes, "fuzz");
    for (const auto& [name, shard] : index.shard_of) hold(shard.find('/') == std::string::npos && shard[0] != '.', "a shard outside the folder");
    hold(!index.shards.empty(), "no shards");
  });
}

}  // namespace grim::fuzz
