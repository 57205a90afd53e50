#include "grimoire/data/windows.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/json.h"
#include "grimoire/data/batcher.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/split.h"
#include "grimoire/text/char_tokenizer.h"
#include "support/data.h"

namespace grim {
namespace {

TEST(Windows, ContextsSlideOverEachItem) {
  const Examples e = context_windows({{5, 13, 13, 1}, {}, {2}}, 3);  // "emma", "", "b"
  EXPECT_EQ(e.x.shape(), (Shape{8, 3}));
  EXPECT_EQ(e.x.to_vector<int64_t>(),
            (Ids{0, 0, 0, 0, 0, 5, 0, 5, 13, 5, 13, 13, 13, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2}));
  EXPECT_EQ(e.y.to_vector<int64_t>(), (Ids{5, 13, 13, 1, 0, 0, 2, 0}));
  EXPECT_THROW(context_windows({{1}}, 0), Error);
}

TEST(Windows, PaddedItemsLookLikeMakemore) {
  const Examples e = padded_items({{5, 13}, {1, 2, 3}, {}}, 4);
  EXPECT_EQ(e.x.to_vector<int64_t>(), (Ids{0, 5, 13, 0, 0, 1, 2, 3, 0, 0, 0, 0}));
  EXPECT_EQ(e.y.to_vector<int64_t>(), (Ids{5, 13, 0, -1, 1, 2, 3, 0, 0, -1, -1, -1}));
  EXPECT_THROW(padded_items({{1, 2, 3, 4}}, 4), Error);
}

TEST(Windows, CropsShiftByOne) {
  const Ids ids{10, 11, 12, 13, 14, 15};
  EXPECT_EQ(crop_count(6, 3), 3);
  const Examples e = text_crops(ids, Ids{0, 2}, 3);
  EXPECT_EQ(e.x.to_vector<int64_t>(), (Ids{10, 11, 12, 12, 13, 14}));
  EXPECT_EQ(e.y.to_vector<int64_t>(), (Ids{11, 12, 13, 13, 14, 15}));
  EXPECT_THROW(text_crops(ids, Ids{3}, 3), Error);
  EXPECT_THROW(text_crops(ids, Ids{-1}, 3), Error);
  EXPECT_THROW(crop_count(3, 3), Error);
  EXPECT_THROW(crop_count(3, 0), Error);
}

TEST(Windows, TakeRowsGathersBatches) {
  const Examples all = context_windows({{5, 13, 13, 1}}, 2);
  const Examples batch = take_rows(all, Ids{4, 0, 4});
  EXPECT_EQ(batch.x.shape(), (Shape{3, 2}));
  EXPECT_EQ(batch.x.to_vector<int64_t>(), (Ids{13, 1, 0, 0, 13, 1}));
  EXPECT_EQ(batch.y.to_vector<int64_t>(), (Ids{0, 5, 0}));
  EXPECT_THROW(take_rows(all, Ids{5}), Error);
  EXPECT_THROW(take_rows(all, Ids{-1}), Error);
}

TEST(Split, SmallCounts) {
  const Split s = split_shuffled(10, 42);
  EXPECT_EQ(s.train.size() + s.dev.size() + s.test.size(), 10u);
  EXPECT_EQ(s.train, (Ids{7, 3, 2, 8, 5, 6, 9, 4}));  // random.shuffle(list(range(10))) after random.seed(42)
  EXPECT_EQ(s.test, Ids{1});
  EXPECT_THROW(split_shuffled(9, 42), Error);
  Rng rng(RngMode::torch, 42);
  const Split m = split_makemore(20, rng);
  EXPECT_EQ(m.test.size(), 2u);
  EXPECT_TRUE(m.dev.empty());
  EXPECT_THROW(split_makemore(9, rng), Error);
  EXPECT_EQ(split_point(1115394), 1003854);
  EXPECT_EQ(pick<std::string>({"a", "b", "c"}, {2, 0}), (std::vector<std::string>{"c", "a"}));
}

// The published numbers of the makemore lectures.
TEST(Windows, NamesGiveThePublishedSplit) {
  GRIMOIRE_DATA(path, "names/names.txt");
  const Json golden = Json::parse(read_file(test::golden_file("makemore.json")));
  const Corpus corpus = load_corpus(path);
  const CharTokenizer tokenizer = CharTokenizer::of_items(corpus.items);
  const Split split = split_shuffled(static_cast<int64_t>(corpus.items.size()), 42);
  std::vector<int64_t> words, examples;
  for (const Ids* part : {&split.train, &split.dev, &split.test}) {
    std::vector<Ids> items;
    for (const std::string& name : pick(corpus.items, *part)) items.push_back(tokenizer.encode(name));
    words.push_back(static_cast<int64_t>(items.size()));
    examples.push_back(context_windows(items, 3).y.numel());
  }
  EXPECT_EQ(examples, (Ids{182625, 22655, 22866}));
  EXPECT_EQ(Json::array_of(words), golden.at("split words"));
  std::vector<std::string> head = pick(corpus.items, split.train);
  head.resize(3);
  EXPECT_EQ(head, (std::vector<std::string>{"yuheng", "diondre", "xavien"}));
}

// The first batch of the BatchNorm net, after its four parameter tensors were drawn from the same generator.
TEST(Batcher, DrawsTheFirstBatchOfTheNotebook) {
  const Json golden = Json::parse(read_file(test::golden_file("makemore.json")));
  Rng g(RngMode::torch, 2147483647);
  for (size_t n : {27 * 10, 30 * 200, 200 * 27, 27}) {
    std::vector<float> parameter(n);
    g.fill_normal(std::span<float>(parameter));
  }
  Batcher batcher(182625, 32, Sampling::replacement, g);
  EXPECT_EQ(Json::array_of(batcher.batch(0)), golden.at("batch norm net").at("first batch"));
}

}  // namespace
}  // namespace grim
