#include "grimoire/io/checkpoint.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

using test::TempFolder;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

std::vector<CheckpointFile> content(int64_t step) {
  return {{"model.safetensors", std::string(5000, static_cast<char>('a' + step % 26))},
          {"state.json", [step](OutFile& out) {
             out.write("{\"step\": ");
             out.write(str("{}", step) + "}");
           }}};
}
void save(const std::string& folder, int64_t step) {
  save_checkpoint(str("{}/step-{}", folder, step), content(step), Json::object({{"step", step}}));
}

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(hash_of(""), "99aa06d3014798d86001c324468d497f");  // of the xxHash documentation
  Hasher h;
  h.add("ab");
  h.add("c");
  EXPECT_EQ(h.hex(), hash_of("abc"));
  EXPECT_NE(hash_of("abc"), hash_of("abd"));
}

TEST(Checkpoint, SavesAFolderOfPlainFiles) {
  const TempFolder folder;
  save(folder.path(), 7);
  EXPECT_EQ(files().list(folder.path()), std::vector<std::string>{"step-7"});
  EXPECT_EQ(files().list(folder / "step-7"),
            (std::vector<std::string>{"manifest.json", "model.safetensors", "state.json"}));
  EXPECT_EQ(read_file(folder / "step-7/state.json"), "{\"step\": 7}");
  const Manifest m = verify_checkpoint(folder / "step-7");
  EXPECT_EQ(m.about.integer("step"), 7);
  EXPECT_EQ(m.files.size(), 2u);
  EXPECT_EQ(m.files[1].bytes, 11);
  EXPECT_EQ(m.files[1].hash, hash_of("{\"step\": 7}"));
}

TEST(Checkpoint, NewestIsByNumberAndSkipsBadOnes) {
  const TempFolder folder;
  EXPECT_FALSE(newest_valid_checkpoint(folder / "missing"));
  EXPECT_FALSE(newest_valid_checkpoint(folder.path()));
  for (int64_t step : {9, 10, 100, 200, 300}) save(folder.path(), step);
  files().make_dirs(folder / "samples");
  files().make_dirs(folder / "step-400");
  files().make_dirs(folder / "step-500.tmp-99");
  folder.put("step-300/state.json", "{\"step\": 3}");
  folder.put("step-200/state.json", "{\"step\": 201}");
  const FoundCheckpoint found = newest_valid_checkpoint(folder.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found.path, folder / "step-100");
  EXPECT_EQ(found.manifest.about.integer("step"), 100);
  ASSERT_EQ(found.rejected.size(), 4u);
  EXPECT_EQ(found.rejected[0].path, folder / "step-500.tmp-99");
  EXPECT_EQ(found.rejected[1].reason, str("[checkpoint] {}: unfinished: it has no manifest.json", folder / "step-400"));
  EXPECT_EQ(found.rejected[2].reason,
            str("[checkpoint] {}: truncated: got 11 bytes, expected 13", folder / "step-300/state.json"));
  EXPECT_EQ(found.rejected[3].reason,
            str("[checkpoint] {}: damaged: its hash differs", folder / "step-200/state.json"));
  files().remove(folder / "step-100/model.safetensors");
  EXPECT_EQ(newest_valid_checkpoint(folder.path()).rejected[4].reason,
            str("[checkpoint] {}: the file is missing", folder / "step-100/model.safetensors"));
  EXPECT_NO_THROW(verify_checkpoint(folder / "step-200", Verify::sizes));  // sizes alone do not see it
  EXPECT_THROW(verify_checkpoint(folder / "step-300", Verify::sizes), Error);
}

TEST(Checkpoint, TheSameNameIsReplaced) {
  const TempFolder folder;
  save(folder.path(), 1);
  save_checkpoint(folder / "step-1", {{"other.txt", "new"}});
  EXPECT_EQ(files().list(folder / "step-1"), (std::vector<std::string>{"manifest.json", "other.txt"}));
  EXPECT_NO_THROW(verify_checkpoint(folder / "step-1"));
}

TEST(Checkpoint, TidyCompletesAndRemoves) {
  const TempFolder folder;
  save(folder.path(), 1);
  save(folder.path(), 2);
  save(folder.path(), 3);
  files().rename(folder / "step-2", folder / "step-2.tmp-77");  // whole, its rename was lost
  files().rename(folder / "step-3", folder / "step-3.tmp-77");
  files().remove(folder / "step-3.tmp-77/manifest.json");       // unfinished
  files().make_dirs(folder / "step-1.tmp-5");
  files().make_dirs(folder / "step-0.old-5");
  EXPECT_EQ(newest_valid_checkpoint(folder.path()).path, folder / "step-2.tmp-77");
  EXPECT_EQ(tidy_checkpoints(folder.path()),
            (std::vector<std::string>{"removed " + (folder / "step-3.tmp-77"), "completed " + (folder / "step-2"),
                                      "removed " + (folder / "step-1.tmp-5"), "removed " + (folder / "step-0.old-5")}));
  EXPECT_EQ(files().list(folder.path()), (std::vector<std::string>{"step-1", "step-2"}));
  EXPECT_TRUE(tidy_checkpoints(folder.path()).empty());
  EXPECT_TRUE(tidy_checkpoints(folder / "missing").empty());
}

TEST(Checkpoint, PruneKeepsTheNewestWholeOnes) {
  const TempFolder folder;
  for (int64_t step = 1; step <= 6; ++step) save(folder.path(), step);
  folder.put("step-6/state.json", "");
  EXPECT_EQ(prune_checkpoints(folder.path(), 2, {folder / "step-1"}),
            (std::vector<std::string>{folder / "step-3", folder / "step-2"}));
  EXPECT_EQ(files().list(folder.path()), (std::vector<std::string>{"step-1", "step-4", "step-5", "step-6"}));
  EXPECT_THROW(prune_checkpoints(folder.path(), 0), Error);
}

TEST(Checkpoint, NamesAreChecked) {
  const TempFolder folder;
  for (const char* bad : {"x", "-5", "x-", "x-5a", ".x-5"})
    EXPECT_THROW(save_checkpoint(folder / bad, content(1)), Error) << bad;
  for (const char* bad : {"", ".", "..", "../x", "/etc/x", "a/b", "manifest.json", ".hidden", "a\nb", "a\\b"})
    EXPECT_THROW(save_checkpoint(folder / "x-1", {{bad, "1"}}), Error) << bad;
  EXPECT_TRUE(is_plain_name("model-00001-of-00002.safetensors"));
  EXPECT_TRUE(files().list(folder.path()).empty());
}

// A manifest with a hash of its own that fits, so that only the rule in question refuses it.
std::string resealed(Json j) {
  j.set("manifest_xxh3_128", "");
  j.set("manifest_xxh3_128", hash_of(j.dump_pretty()));
  return j.dump_pretty();
}

TEST(Checkpoint, ManifestsThatLie) {
  const TempFolder folder;
  save(folder.path(), 1);
  const std::string path = folder / "step-1/manifest.json", good = read_file(path);
  const auto with = [&](const char* key, Json value) {
    Json j = Json::parse(good);
    j.set(key, std::move(value));
    return resealed(j);
  };
  const auto said = [&](const std::string& text) { return refusal([&] { parse_manifest(text, "m"); }); };
  EXPECT_EQ(said(good), "nothing was thrown");
  EXPECT_EQ(said(with("format", 2)), "[checkpoint] m: written in format 2, this program reads up to 1");
  EXPECT_EQ(said(with("format", 0)), "[checkpoint] m: format: got 0, expected 1");
  EXPECT_NE(said(with("format", "1")).find("got text"), std::string::npos);
  EXPECT_EQ(said(with("files", 3)), "[json] m: key 'files': got integer, expected array");
  EXPECT_EQ(said(good + "\n"), "[checkpoint] m: the manifest was changed: its hash differs");
  for (const char* name : {"../../etc/passwd", "/etc/passwd", "a/b", "..", "", "manifest.json"}) {
    const Json file = Json::object({{"name", name}, {"bytes", 1}, {"xxh3_128", ""}});
    EXPECT_EQ(said(with("files", Json::array({file}))), str("[checkpoint] m: file name not allowed: got '{}'", name));
  }
  const Json file = Json::object({{"name", "a"}, {"bytes", 1}, {"xxh3_128", ""}});
  EXPECT_EQ(said(with("files", Json::array({file, file}))), "[checkpoint] m: 'a' is listed twice");
  Json negative = file;
  negative.set("bytes", -1);
  EXPECT_EQ(said(with("files", Json::array({negative}))), "[checkpoint] m: a: bytes: got -1");
}

// Every damage to any file of a checkpoint is seen, the manifest included.
TEST(Checkpoint, AThousandFlipsAndAThousandCutsAreSeen) {
  const TempFolder folder;
  save(folder.path(), 1);
  Rng rng(RngMode::philox, 2, "damage");
  for (int i = 0; i < 2000; ++i) {
    const char* names[] = {"model.safetensors", "state.json", "manifest.json"};
    const std::string name = std::string("step-1/") + names[rng.randint(0, 3)], good = read_file(folder / name);
    std::string bad = good;
    const auto at = static_cast<size_t>(rng.randint(0, static_cast<int64_t>(good.size())));
    if (i % 2) bad[at] = static_cast<char>(bad[at] ^ (1 << rng.randint(0, 8)));
    else bad.resize(at);
    folder.put(name, bad);
    ASSERT_THROW(verify_checkpoint(folder / "step-1"), Error) << name << " at " << at;
    folder.put(name, good);
  }
  EXPECT_NO_THROW(verify_checkpoint(folder / "step-1"));
}

}  // namespace
}  // namespace grim
