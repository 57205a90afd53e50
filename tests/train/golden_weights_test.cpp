// The weights of every model after 200 steps of its recipe, as hashes: what a change of the engine must leave alone, bit for bit.
// GRIMOIRE_WRITE_GOLDEN=FILE writes them anew, when the change is meant.
#include <cstdlib>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "base/temp_folder.h"
#include "grimoire/base/json.h"
#include "grimoire/io/hash.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

std::string words() {
  std::string text;
  Rng rng(RngMode::philox, 20);
  for (int i = 0; i < 1000; ++i, text += '\n')
    for (int64_t length = rng.randint(2, 9); length > 0; --length) text += static_cast<char>('a' + rng.randint(0, 26));
  return text;
}

std::string weights_after_200_steps(const std::string& model, const std::string& folder) {
  RunConfig config = default_run(model, CorpusFormat::lines);
  config.data = folder + "/words.txt";
  config.out = folder + "/" + model;
  config.steps = config.eval_every = config.save_every = 200;
  config.threads = 1;
  RunEvents quiet;
  train(config, quiet);
  Hasher hash;
  const std::string last = model == "bigram" ? "/best/step-1" : "/checkpoints/step-200";
  for (const auto& [name, tensor] : read_safetensors(config.out + last + "/model.safetensors")) {
    hash.add(name);
    hash.add({tensor.raw(), static_cast<size_t>(tensor.numel() * size_of(tensor.dtype()))});
  }
  return hash.hex();
}

TEST(GoldenWeights, NineModelsAfter200Steps) {
  const std::string path = test::golden_file("weights.json");
  const char* const write = std::getenv("GRIMOIRE_WRITE_GOLDEN");
  const Json golden = Json::parse(read_file(path), path);
  Json made = Json::object();
  // Vectors of another width add in another order: one list of hashes for each, AVX2 also on machines that have more. There oneDNN, which large products are
  // left to, goes on with its widest, so that machines with nothing beyond AVX2 have a list of their own.
  constexpr int64_t kWide = HWY_AVX3 | HWY_AVX3_DL;
  const struct {
    const char* name;
    int64_t targets;
  } kinds[] = {{"avx512", kWide}, {hwy::SupportedTargets() & kWide ? "avx2" : "avx2_alone", HWY_AVX2}};
  int64_t compared = 0;
  for (const auto& kind : kinds) {
    if (!(hwy::SupportedTargets() & kind.targets)) continue;
    hwy::SetSupportedTargetsForTest(kind.targets);
    hwy::GetChosenTarget().DeInit();
    const test::TempFolder folder;
    folder.put("words.txt", words());
    Json hashes = Json::object();
    for (const Architecture* a : architectures()) {
      const std::string& model = a->name;
      if (!golden.at("avx512").find(model)) continue;  // another test's
      const std::string hash = weights_after_200_steps(model, folder.path());
      hashes.set(model, hash);
      if (!write) EXPECT_EQ(hash, golden.at(kind.name).text(model)) << model << " on " << kind.name;
      ++compared;
    }
    made.set(kind.name, hashes);
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
  }
  if (write) write_atomically(write, made.dump_pretty());
  EXPECT_TRUE(write || compared % 9 == 0) << compared;
  if (compared == 0) GTEST_SKIP() << "the list of hashes for this machine's vectors is not here";
}

}  // namespace
}  // namespace grim
