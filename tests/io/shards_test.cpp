#include "grimoire/io/shards.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/view.h"
#include "io/fault_files.h"
#include "io/sparse_shards.h"

namespace grim {
namespace {

using test::TempFolder;

// Writes the files as a checkpoint does and gives their names.
std::vector<std::string> write(const TempFolder& folder, const std::vector<CheckpointFile>& contents) {
  std::vector<std::string> names;
  for (const CheckpointFile& f : contents) {
    write_atomically(folder / f.name, [&](OutFile& out) { f.write(out); });
    names.push_back(f.name);
  }
  return names;
}

std::vector<NamedTensor> four() {  // 400, 80, 400 and 4000 bytes
  return {{"a", Tensor::full({100}, 1)}, {"b", Tensor::full({10}, 2, Dtype::f64)}, {"c", Tensor::full({10, 10}, 3)}, {"d", Tensor::full({1000}, 4)}};
}

TEST(Shards, AreFilledInOrderUpToTheSize) {
  const TempFolder folder;
  EXPECT_EQ(write(folder, sharded_files("model", sources_of(four()), 500)),
            (std::vector<std::string>{"model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
                                      "model.safetensors.index.json"}));
  EXPECT_EQ(read_file(folder / "model.safetensors.index.json"), R"({
  "metadata": {
    "total_size": 4880
  },
  "weight_map": {
    "a": "model-00001-of-00003.safetensors",
    "b": "model-00001-of-00003.safetensors",
    "c": "model-00002-of-00003.safetensors",
    "d": "model-00003-of-00003.safetensors"
  }
}
)");
  const auto file = open_tensor_file(folder / "model.safetensors.index.json");
  for (const NamedTensor& t : four()) EXPECT_EQ(file->read(t.name).to_vector<double>(), t.tensor.to_vector<double>()) << t.name;
  EXPECT_EQ(file->metadata().at("format"), "pt");
}

TEST(Shards, AreOneFileWhenAllFits) {
  const TempFolder folder;
  for (int64_t most : {0, 4880, 5000})
    EXPECT_EQ(write(folder, sharded_files("model", sources_of(four()), most)), (std::vector<std::string>{"model.safetensors"})) << most;
  EXPECT_EQ(sharded_files("model", sources_of(four()), 4879).size(), 3u);
  EXPECT_EQ(sharded_files("model", sources_of(four()), 1).size(), 5u);  // each alone
  TempFolder plain;
  write_safetensors(plain / "model.safetensors", {{"a", four()[0].tensor}, {"b", four()[1].tensor}, {"c", four()[2].tensor}, {"d", four()[3].tensor}});
  EXPECT_EQ(read_file(folder / "model.safetensors"), read_file(plain / "model.safetensors"));  // shards change no byte of a file that is whole
}

TEST(Shards, TiedTensorsAreStoredOnceAndComeBackTwice) {
  const TempFolder folder;
  const Tensor embedding = Tensor::arange(12, Dtype::f32), half = view::slice(embedding, 0, 0, 6);
  const Tensor same_numbers = Tensor::arange(12, Dtype::f32);
  write(folder, sharded_files("model", sources_of({{"wte", embedding}, {"lm_head", embedding}, {"half", half}, {"copy", same_numbers}}), 0));
  const auto file = open_tensor_file(folder / "model.safetensors");
  EXPECT_EQ(file->entries().size(), 3u);
  EXPECT_EQ(file->metadata(), (Metadata{{"format", "pt"}, {"lm_head", "wte"}}));
  EXPECT_EQ(file->read("lm_head").to_vector<float>(), embedding.to_vector<float>());
  EXPECT_FALSE(file->holds("format"));
  const TensorMap all = read_all(*file);
  EXPECT_EQ(all.size(), 4u);
  EXPECT_EQ(all.at("lm_head").raw(), all.at("wte").raw());
}

// Two gigabytes, opened by their headers alone.
TEST(Shards, OpeningReadsHeadersOnly) {
  const TempFolder folder;
  test::put_sparse_shards(folder);
  test::FaultFiles counting;
  const ScopedFileOps scoped(counting);
  const auto file = open_tensor_file(folder / "model.safetensors.index.json");
  EXPECT_EQ(file->entries().size(), 2000u);
  EXPECT_LT(counting.bytes_read, 1'000'000);
  EXPECT_EQ(file->read("layers.1999.weight").at({511, 1023}), 0.0);
  EXPECT_LT(counting.bytes_read, 1'000'000 + 2 * test::kSparseTensorBytes);
}

}  // namespace
}  // namespace grim
