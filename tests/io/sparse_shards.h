// Two gigabytes of weights that take no room: twenty shards of a hundred tensors (512, 1024) of F16, all zeros, under an index.
#pragma once

#include <unistd.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/json.h"

namespace grim::test {

inline constexpr int64_t kSparseTensorBytes = int64_t{1} << 20;

// layers.0.weight to layers.1999.weight in part-0.safetensors to part-19.safetensors, and model.safetensors.index.json.
inline void put_sparse_shards(const TempFolder& folder) {
  constexpr int kShards = 20, kEach = 100;
  Json map = Json::object();
  for (int s = 0; s < kShards; ++s) {
    Json header = Json::object();
    for (int t = 0; t < kEach; ++t) {
      const std::string name = str("layers.{}.weight", s * kEach + t);
      const Json offsets = Json::array({t * kSparseTensorBytes, (t + 1) * kSparseTensorBytes});
      header.append(name, Json::object({{"dtype", "F16"}, {"shape", Json::array({512, 1024})}, {"data_offsets", offsets}}));
      map.append(name, str("part-{}.safetensors", s));
    }
    const std::string json = header.dump();
    const uint64_t length = json.size();
    const std::string path = folder.put(str("part-{}.safetensors", s), std::string(reinterpret_cast<const char*>(&length), 8) + json);
    const auto size = static_cast<off_t>(8 + json.size()) + kEach * kSparseTensorBytes;
    GRIM_CHECK(truncate(path.c_str(), size) == 0, resource, "test", "{}: cannot be made {} bytes long", path, size);
  }
  folder.put("model.safetensors.index.json", Json::object({{"weight_map", std::move(map)}}).dump());
}

}  // namespace grim::test
