// Tensors in several files beside an index, in the layout of Hugging Face: model.safetensors.index.json
//   {"metadata": {"total_size": BYTES}, "weight_map": {"NAME": "model-00001-of-00003.safetensors", ...}}
// (pytorch_model.bin.index.json the same), and such files written.
#pragma once

#include <vector>

#include "grimoire/io/checkpoint.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

class ShardedFile : public TensorFile {
 public:
  // Every shard's header is read. throws: input; a shard that is missing or lies elsewhere, a tensor that the index names and its shard does not
  // hold, or the other way round, or that two shards hold
  explicit ShardedFile(const std::string& index_path);
};

struct ShardIndex {
  std::map<std::string, std::string> shard_of;  // tensor -> plain name of a file
  std::vector<std::string> shards;              // sorted, each once
  Metadata metadata;                            // numbers as text
};
ShardIndex parse_shard_index(std::string_view json, std::string_view file);  // throws: input

// throws: input, for a file that its name calls one of several shards ("model-00001-of-00003.safetensors"), naming the index to open instead, and what
// is missing beside it.
void refuse_lone_shard(const std::string& path);
// throws: input, when the folder holds shards without their index, naming that and the shards that are missing.
void refuse_shards_without_index(const std::string& folder);

// STEM.safetensors when the tensors fit in `shard_bytes` or that is 0; else STEM-00001-of-0000N.safetensors, ..., each filled in the order given with
// at most that many bytes of data (a larger tensor stands alone), and STEM.safetensors.index.json. Names of one tensor (sources of one place)
// are stored once, under the first: the others stand in __metadata__ as {other: first}, as safetensors.torch.save_model writes them.
// `floats`, `metadata`: as in write_safetensors.
std::vector<CheckpointFile> sharded_files(const std::string& stem, const std::vector<TensorSource>& tensors, int64_t shard_bytes,
                                          const std::string& floats = "", Metadata metadata = {{"format", "pt"}});

}  // namespace grim
