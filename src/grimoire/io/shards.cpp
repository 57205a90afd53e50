#include "grimoire/io/shards.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/json.h"
#include "grimoire/io/manifest.h"
#include "grimoire/io/safetensors.h"

namespace grim {
namespace {

constexpr int64_t kMostIndexBytes = int64_t{1} << 27;
constexpr size_t kMostIndexValues = 1'000'000;

// "model", 2, 3, "safetensors" of model-00002-of-00003.safetensors
struct ShardName {
  std::string stem, extension;
  int number = 0, count = 0;
};

bool parse_number(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.size() == 5 && error == std::errc() && end == text.data() + text.size() && number > 0;
}

bool parse_shard_name(std::string_view name, ShardName& shard) {
  constexpr size_t kTail = std::string_view("-00001-of-00003").size();
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot <= kTail) return false;
  const std::string_view tail = name.substr(dot - kTail, kTail);
  shard.stem = name.substr(0, dot - kTail);
  shard.extension = name.substr(dot + 1);
  return tail[0] == '-' && tail.substr(6, 4) == "-of-" && parse_number(tail.substr(1, 5), shard.number) && parse_number(tail.substr(10), shard.count);
}

std::string index_of(const ShardName& shard) { return str("{}.{}.index.json", shard.stem, shard.extension); }

// The shards that should lie beside this one, and do not.
std::vector<std::string> missing_of(const std::string& folder, const ShardName& shard) {
  std::vector<std::string> missing;
  for (int i = 1; i <= shard.count; ++i)
    if (const std::string name = str("{}-{:05}-of-{:05}.{}", shard.stem, i, shard.count, shard.extension); !exists(join_path(folder, name)))
      missing.push_back(name);
  return missing;
}

}  // namespace

void refuse_lone_shard(const std::string& path) {
  ShardName shard;
  if (!parse_shard_name(file_name(path), shard) || shard.count < 2) return;
  if (shard.extension == "gguf")
    fail(ErrorKind::input, "tensors", str("{} is one of {} parts, which are not read", path, shard.count),
         "join them with llama.cpp's llama-gguf-split --merge");
  const std::string folder = parent_folder(path), index = join_path(folder, index_of(shard));
  const std::vector<std::string> missing = missing_of(folder, shard);
  const bool whole = exists(index) && missing.empty();
  fail(ErrorKind::input, "tensors",
       str("{} is one of {} shards: open {}{}{}", path, shard.count, index, exists(index) ? "" : ", which is missing",
           missing.empty() ? "" : "; missing beside it: " + first_few(missing)),
       whole ? "" : "fetch what is missing from where the shard came from");
}

void refuse_shards_without_index(const std::string& folder) {
  if (files().kind(folder) != FileKind::folder) return;
  for (const std::string& name : files().list(folder)) {
    ShardName shard;
    const bool is_one = parse_shard_name(name, shard) && (shard.extension == "safetensors" || shard.extension == "bin");
    if (!is_one || exists(join_path(folder, index_of(shard)))) continue;
    const std::vector<std::string> missing = missing_of(folder, shard);
    fail(ErrorKind::input, "checkpoint",
         str("{}: {} is one of {} shards; missing: their index {}{}", folder, name, shard.count, index_of(shard),
             missing.empty() ? "" : ", and " + first_few(missing)),
         "fetch what is missing from where the shards came from");
  }
}

ShardIndex parse_shard_index(std::string_view json, std::string_view file) {
  const auto refuse = [&](const std::string& problem) { fail(ErrorKind::input, "shards", str("{}: {}", file, problem)); };
  const Json root = Json::parse(json, file, kMostIndexValues);
  const Json* const map = root.is_object() ? root.find("weight_map") : nullptr;
  if (!map) refuse("has no 'weight_map', expected the index of a sharded checkpoint");
  if (!map->is_object()) refuse(str("weight_map: got {}, expected an object", name_of(map->kind())));
  ShardIndex index;
  std::set<std::string> shards;
  for (size_t i = 0; i < map->size(); ++i) {
    const Json& shard = (*map)[i];
    if (shard.kind() != Json::Kind::text) refuse(str("weight_map: '{}': got {}, expected the name of a file", map->keys()[i], name_of(shard.kind())));
    if (!is_plain_name(shard.as_text())) refuse(str("weight_map: '{}': '{}' leaves the folder", map->keys()[i], shard.as_text()));
    index.shard_of[map->keys()[i]] = shard.as_text();
    shards.insert(shard.as_text());
  }
  if (shards.empty()) refuse("weight_map: is empty");
  index.shards.assign(shards.begin(), shards.end());
  const Json* const about = root.find("metadata");
  if (about && about->is_object())
    for (size_t i = 0; i < about->size(); ++i) {
      const Json& value = (*about)[i];
      index.metadata[about->keys()[i]] = value.kind() == Json::Kind::text ? value.as_text() : value.dump();
    }
  return index;
}

ShardedFile::ShardedFile(const std::string& index_path) : TensorFile(index_path, "shards") {
  GRIM_CHECK(files().open(index_path)->size() <= kMostIndexBytes, input, "shards", "{}: larger than {} bytes", index_path, kMostIndexBytes);
  const ShardIndex index = parse_shard_index(read_file(index_path), index_path);
  metadata_ = index.metadata;
  for (const std::string& shard : index.shards) {
    const std::string path = join_path(parent_folder(index_path), shard);
    if (!exists(path)) {
      const auto asks = std::find_if(index.shard_of.begin(), index.shard_of.end(), [&](const auto& t) { return t.second == shard; });
      fail(ErrorKind::input, "shards", str("{}: the shard {} is missing, which holds '{}'", index_path, shard, asks->first),
           "fetch it from where the index came from");
    }
    std::unique_ptr<TensorFile> part = open_one(path, files().open(path));
    for (const TensorEntry& e : part->entries()) {
      const auto named = index.shard_of.find(e.name);
      GRIM_CHECK(named != index.shard_of.end(), input, "shards", "{}: tensor '{}' of {} is not in the index", index_path, e.name, shard);
      GRIM_CHECK(named->second == shard, input, "shards", "{}: tensor '{}' is in {}, the index says in {}", index_path, e.name, shard, named->second);
    }
    take_over(std::move(*part));
  }
  for (const auto& [name, shard] : index.shard_of)
    GRIM_CHECK(holds(name), input, "shards", "{}: tensor '{}' is not in {}, where the index has it", index_path, name, shard);
}

namespace {

struct Shard {
  std::vector<TensorSource> tensors;
  int64_t bytes = 0;
};

// `tensors` in shards, each name of a tensor but its first left out and put into `metadata` instead.
std::vector<Shard> split(const std::vector<TensorSource>& tensors, int64_t shard_bytes, const std::string& floats, Metadata& metadata) {
  std::map<std::string, std::string> first;
  std::vector<Shard> shards(1);
  for (const TensorSource& t : tensors) {
    if (!t.place.empty())
      if (const auto [at, fresh] = first.emplace(t.place, t.name); !fresh) {
        metadata[t.name] = at->second;
        continue;
      }
    const int64_t bytes = t.shape.numel() * written_type(t, floats).bytes;
    if (shard_bytes > 0 && shards.back().bytes > 0 && shards.back().bytes + bytes > shard_bytes) shards.emplace_back();
    shards.back().tensors.push_back(t);
    shards.back().bytes += bytes;
  }
  return shards;
}

}  // namespace

std::vector<CheckpointFile> sharded_files(const std::string& stem, const std::vector<TensorSource>& tensors, int64_t shard_bytes,
                                          const std::string& floats, Metadata metadata) {
  const std::vector<Shard> shards = split(tensors, shard_bytes, floats, metadata);
  const auto file_of = [&](const std::string& name, const std::vector<TensorSource>& held) {
    return CheckpointFile(name, [held, metadata, floats](OutFile& out) { write_safetensors(out, held, metadata, floats); });
  };
  if (shards.size() == 1) return {file_of(stem + ".safetensors", shards[0].tensors)};
  std::vector<CheckpointFile> files;
  std::map<std::string, std::string> shard_of;
  int64_t total = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = str("{}-{:05}-of-{:05}.safetensors", stem, i + 1, shards.size());
    for (const TensorSource& t : shards[i].tensors) shard_of[t.name] = name;
    total += shards[i].bytes;
    files.push_back(file_of(name, shards[i].tensors));
  }
  Json map = Json::object();
  for (const auto& [tensor, shard] : shard_of) map.append(tensor, shard);
  files.emplace_back(stem + ".safetensors.index.json",
                     Json::object({{"metadata", Json::object({{"total_size", total}})}, {"weight_map", std::move(map)}}).dump_pretty());
  return files;
}

}  // namespace grim
