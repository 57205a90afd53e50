#include <gtest/gtest.h>

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "base/temp_folder.h"
#include "io/sparse_shards.h"
#include "support/peak_memory.h"

namespace grim {
namespace {

Tensor values(const Shape& shape, std::vector<float> v) { return Tensor::from<float>(v, shape); }

TEST(Statistics, CountsWhatIsNotFiniteApart) {
  const Statistics s = statistics_of(values({6}, {1, 2, 0, NAN, INFINITY, 5}));
  EXPECT_EQ(s.count, 6);
  EXPECT_EQ(s.nan, 1);
  EXPECT_EQ(s.infinite, 1);
  EXPECT_EQ(s.zero, 1);
  EXPECT_DOUBLE_EQ(s.low, 0);
  EXPECT_DOUBLE_EQ(s.high, 5);
  EXPECT_DOUBLE_EQ(s.mean, 2);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt((1.0 + 0 + 4 + 9) / 4));
}

TEST(Statistics, OfPartsAreThoseOfTheWhole) {
  Statistics sum = statistics_of(values({3}, {1, 2, 3}));
  sum.add(statistics_of(values({2}, {NAN, NAN})));
  sum.add(statistics_of(values({2}, {-10, 20})));
  const Statistics whole = statistics_of(values({5}, {1, 2, 3, -10, 20}));
  EXPECT_NEAR(sum.mean, whole.mean, 1e-15);
  EXPECT_NEAR(sum.deviation, whole.deviation, 1e-14);
  EXPECT_EQ(sum.low, -10);
  EXPECT_EQ(sum.high, 20);
  EXPECT_EQ(sum.count, 7);
  EXPECT_EQ(sum.nan, 2);
}

struct Saved {
  test::TempFolder folder;
  TensorMap tensors{{"emb.word.weight", values({2, 2}, {1.5f, -2, 3, 4})},
                    {"layer.0.w", values({2}, {0.1f, 1e-3f})},
                    {"layer.1.w", values({2}, {1, 65504})},
                    {"ids", cast(values({3}, {1, 2, 3}), Dtype::i64)}};
  std::string path = folder / "model.safetensors";
  Saved() { write_safetensors(path, tensors); }
};

TEST(Weights, PartsGoByNames) {
  const Saved saved;
  const std::vector<WeightsPart> parts = parts_of(*open_weights_at(saved.path));
  std::map<std::string, WeightsPart> by_name;
  for (const WeightsPart& p : parts) by_name[p.name] = p;
  ASSERT_EQ(by_name.size(), 3u);
  EXPECT_EQ(by_name.at("layer").repeats, 2);
  EXPECT_EQ(by_name.at("layer").parameters, 4);
  EXPECT_EQ(by_name.at("emb.word").parameters, 4);
  EXPECT_EQ(by_name.at("emb.word").repeats, 0);
  EXPECT_EQ(by_name.at("ids").bytes, 24);
}

// A file as others write it: of types that reading widens.
std::string with_types(const test::TempFolder& folder) {
  const std::string header = R"({"f8":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"half":{"dtype":"F16","shape":[1,2],"data_offsets":[2,6]},)"
                             R"("short":{"dtype":"U16","shape":[1],"data_offsets":[6,8]},"brain":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]}})";
  const uint64_t length = header.size();
  const std::string bytes("\x38\xff\x00\x3c\x01\x7e\xff\xff\x80\x3f\x00\x40", 12);
  return folder.put("types.safetensors", std::string(reinterpret_cast<const char*>(&length), 8) + header + bytes);
}

TEST(Weights, WhatIsKeptKeepsItsTypeAndBits) {
  test::TempFolder folder;
  const std::string from = with_types(folder), to = folder / "kept.safetensors";
  EXPECT_TRUE(convert_weights(from, to, {}).notes.empty());
  const auto before = open_weights_at(from), after = open_weights_at(to);
  for (const TensorEntry& e : before->entries()) {
    EXPECT_EQ(after->find(e.name)->type->name, e.type->name);
    EXPECT_EQ(after->bytes(*after->find(e.name)), before->bytes(e)) << e.name;
  }
  const Converted gguf = convert_weights(from, folder / "kept.gguf", {.to = WeightsFormat::gguf});
  const auto there = open_weights_at(folder / "kept.gguf");
  EXPECT_EQ(there->find("half")->type->name, "F16");
  EXPECT_EQ(there->bytes(*there->find("half")), before->bytes(*before->find("half")));
  EXPECT_EQ(there->find("brain")->type->name, "BF16");
  ASSERT_EQ(gguf.notes.size(), 3u);  // and that no config.json says what model it is
  EXPECT_EQ(gguf.notes[1], "tensors of F8_E4M3 are written as F32: f8");
  EXPECT_EQ(gguf.notes[2], "tensors of U16 are written as I32: short");
  EXPECT_EQ(there->read("f8").at({0}), 1.0);
  EXPECT_EQ(there->read("short").to_vector<int32_t>(), before->read("short").to_vector<int32_t>());
}

// Masks of old checkpoints are bytes and booleans, which GGUF has not; a number alone has no axis there.
TEST(Weights, WhatGgufHasNotIsWidenedAndSaid) {
  test::TempFolder folder;
  const Tensor mask = cast(values({3}, {1, 0, 1}), Dtype::boolean), bytes = cast(values({2}, {7, 255}), Dtype::u8);
  write_safetensors(folder / "a.safetensors", {{"mask", mask}, {"bytes", bytes}, {"scale", cast(values({}, {1.5f}), Dtype::bf16)}});
  const Converted made = convert_weights(folder / "a.safetensors", folder / "a.gguf", {.to = WeightsFormat::gguf});
  EXPECT_EQ(std::vector(made.notes.begin() + 1, made.notes.end()),
            (std::vector<std::string>{"tensors of BOOL are written as I32: mask", "tensors of U8 are written as I32: bytes"}));
  const auto there = open_weights_at(folder / "a.gguf");
  EXPECT_EQ(there->read("mask").to_vector<int32_t>(), (std::vector<int32_t>{1, 0, 1}));
  EXPECT_EQ(there->read("bytes").to_vector<int32_t>(), (std::vector<int32_t>{7, 255}));
  EXPECT_EQ(there->find("scale")->type->name, "BF16");
  write_safetensors(folder / "b.safetensors", {{"rows", values({2, 2}, {1, 2, 3, 4})}});
  EXPECT_EQ(convert_weights(folder / "b.safetensors", folder / "b.gguf", {.to = WeightsFormat::gguf, .dtype = "Q8_0"}).notes.at(1),
            "tensors of Q8_0 are written as F32: rows");
}

TEST(Weights, WhatRoundingToBlocksDoesIsKnownBefore) {
  test::TempFolder folder;
  std::vector<float> even(64, 127.f), odd(64);
  for (size_t i = 0; i < 64; ++i) odd[i] = i % 32 == 0 ? 127.f : i % 32 == 1 ? .5f : 0.f;  // .5 becomes 1
  write_safetensors(folder / "a.safetensors", {{"even", values({2, 32}, even)}, {"odd", values({2, 32}, odd)}, {"thin", values({2, 2}, {1, 2, 3, 4})}});
  const auto file = open_weights_at(folder / "a.safetensors");
  const std::vector<RoundedTensor> rounded = rounding_of(*file, {.dtype = "Q8_0"});
  ASSERT_EQ(rounded.size(), 2u);
  EXPECT_EQ(rounded[0].name, "even");
  EXPECT_EQ(rounded[0].error, 0);
  EXPECT_EQ(rounded[1].numbers, 64);
  EXPECT_NEAR(rounded[1].error, std::sqrt(.25 / (127 * 127 + .25)), 1e-9);
  EXPECT_EQ(rounded_before(*file), "");
  convert_weights(folder / "a.safetensors", folder / "a.gguf", {.to = WeightsFormat::gguf, .dtype = "Q4_0"});
  EXPECT_EQ(rounded_before(*open_weights_at(folder / "a.gguf")), "Q4_0");
}

TEST(Weights, NumbersBeyondAnF16AreRefused) {
  test::TempFolder folder;
  for (const char* const name : {"b.safetensors", "b.gguf"}) {
    const ConvertOptions options{.to = std::string_view(name).ends_with(".gguf") ? WeightsFormat::gguf : WeightsFormat::safetensors, .dtype = "F16"};
    write_safetensors(folder / "a.safetensors", {{"large", values({1, 2}, {1, 70000})}});
    try {
      convert_weights(folder / "a.safetensors", folder / name, options);
      ADD_FAILURE() << name;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("tensor 'large': 70000 does not fit F16"), std::string::npos) << e.what();
    }
    EXPECT_FALSE(exists(folder / name));
    write_safetensors(folder / "a.safetensors", {{"endless", values({1, 1}, {INFINITY})}});
    EXPECT_EQ(convert_weights(folder / "a.safetensors", folder / name, options).files.size(), 1u);
  }
}

TEST(Weights, WhatAFileSaysOfItselfGoesAlong) {
  test::TempFolder folder;
  const Tensor x = values({2, 2}, {1, 2, 3, 4});
  const Metadata said = {{"format", "pt"}, {"licence", "MIT"}, {"epoch", "3"}, {"seed", "1"}, {"author", "someone"}};
  write_atomically(folder / "a.safetensors", [&](OutFile& out) { write_safetensors(out, {TensorSource::of("x", x)}, said); });
  EXPECT_TRUE(convert_weights(folder / "a.safetensors", folder / "b.safetensors", {}).notes.empty());
  EXPECT_EQ(open_weights_at(folder / "b.safetensors")->metadata(), said);
  EXPECT_TRUE(convert_weights(folder / "a.safetensors", folder / "shards", {.shard_bytes = 1}).notes.empty());
  EXPECT_EQ(open_weights_at(folder / "shards")->metadata().at("licence"), "MIT");
  EXPECT_EQ(convert_weights(folder / "a.safetensors", folder / "b.gguf", {.to = WeightsFormat::gguf}).notes.at(1),
            "author, epoch, licence and 1 more are not written");
}

// What `model show`, `check`, `diff` and `convert` begin with: two gigabytes are looked through without being held.
TEST(Weights, AreOpenedInLittleMemory) {
  test::TempFolder folder;
  test::put_sparse_shards(folder);
  folder.put("config.json", R"({"model_type": "x"})");
  std::unique_ptr<TensorFile> weights;
  std::vector<WeightsPart> parts;
  const int64_t opened = test::peak_memory_of([&] {
    weights = open_weights_at(folder.path());
    parts = parts_of(*weights);
  });
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].bytes, int64_t{2000} << 20);
  const int64_t read = test::peak_memory_of([&] { EXPECT_EQ(statistics_of(weights->read("layers.1999.weight")).zero, 512 * 1024); });
  if (opened < 0) GTEST_SKIP() << "the most memory cannot be told here";
  EXPECT_LT(opened, 50'000'000);
  EXPECT_LT(read, 50'000'000);
}

TEST(Weights, DifferencesAreThoseOfBits) {
  test::TempFolder folder;
  const auto save = [&](const char* name, int64_t whole, float zero, const Tensor& half) {
    Tensor n = Tensor::empty({1}, Dtype::i64);
    n.data<int64_t>()[0] = whole;
    write_safetensors(folder / name, {{"n", n}, {"zero", values({1}, {zero})}, {"half", half}, {"nan", values({1}, {NAN})}});
    return open_weights_at(folder / name);
  };
  const int64_t large = int64_t{1} << 53;
  const auto a = save("a.safetensors", large, 0.f, values({1}, {1.5f})), b = save("b.safetensors", large + 1, -0.f, cast(values({1}, {1.5f}), Dtype::bf16));
  std::map<std::string, TensorDifference> by_name;
  for (const TensorDifference& d : difference(*a, *b)) by_name[d.name] = d;
  EXPECT_EQ(by_name.at("n").differ, 1);
  EXPECT_EQ(by_name.at("n").largest, 1);
  EXPECT_EQ(by_name.at("zero").differ, 1);
  EXPECT_EQ(by_name.at("half").types, "F32 and BF16");
  EXPECT_EQ(by_name.at("half").differ, 0);
  EXPECT_FALSE(by_name.at("half").equal());
  EXPECT_TRUE(by_name.at("nan").equal());
}

// Of two types numbers are compared, wide enough for both: 2^53 + 1 is no double.
TEST(Weights, DifferencesOfTwoTypesAreThoseOfNumbers) {
  test::TempFolder folder;
  Tensor whole = Tensor::empty({2}, Dtype::i64);
  whole.data<int64_t>()[0] = 7, whole.data<int64_t>()[1] = (int64_t{1} << 53) + 1;
  const Tensor nothing = values({2}, {0.f, NAN}), minus = values({2}, {-0.f, NAN});
  write_safetensors(folder / "a.safetensors", {{"n", whole}, {"zero", nothing}});
  write_safetensors(folder / "b.safetensors", {{"n", cast(whole, Dtype::f64)}, {"zero", cast(minus, Dtype::bf16)}});
  for (const TensorDifference& d : difference(*open_weights_at(folder / "a.safetensors"), *open_weights_at(folder / "b.safetensors"))) {
    EXPECT_FALSE(d.equal());
    EXPECT_EQ(d.same_values(), d.name == "zero") << d.name;
    EXPECT_EQ(d.differ, d.name == "n") << d.name;
  }
}

TEST(Weights, DifferencesAreNamed) {
  const Saved saved;
  TensorMap other = saved.tensors;
  other["layer.0.w"] = values({2}, {0.1f, 2e-3f});
  other["layer.1.w"] = values({1, 2}, {1, 65504});
  other.erase("ids");
  other["more"] = values({1}, {0});
  const std::string path = saved.folder / "other.safetensors";
  write_safetensors(path, other);
  std::map<std::string, TensorDifference> by_name;
  for (const TensorDifference& d : difference(*open_weights_at(saved.path), *open_weights_at(path))) by_name[d.name] = d;
  EXPECT_EQ(by_name.at("emb.word.weight").differ, 0);
  EXPECT_EQ(by_name.at("layer.0.w").differ, 1);
  EXPECT_NEAR(by_name.at("layer.0.w").largest, 1e-3, 1e-9);
  EXPECT_NEAR(by_name.at("layer.0.w").relative, 1e-3 / std::sqrt(0.01 + 1e-6), 1e-6);
  EXPECT_EQ(by_name.at("layer.1.w").problem, "shape (2,) and (1, 2)");
  EXPECT_EQ(by_name.at("ids").problem, "only in the first");
  EXPECT_EQ(by_name.at("more").problem, "only in the second");
}

// Types that hold every number give them back; the others round, and integers stay what they are.
TEST(Weights, ConvertedAndBack) {
  const Saved saved;
  for (const char* name : {"f16.safetensors", "bf16.safetensors", "f32.gguf", "f16.gguf"}) {
    SCOPED_TRACE(name);
    const std::string path = saved.folder / name, type = std::string(name).substr(0, std::string(name).find('.'));
    ConvertOptions options{.to = std::string_view(name).ends_with("gguf") ? WeightsFormat::gguf : WeightsFormat::safetensors,
                           .dtype = type == "f32" ? "F32" : type == "f16" ? "F16" : "BF16"};
    ASSERT_EQ(convert_weights(saved.path, path, options).files, std::vector<std::string>{path});
    const auto back = open_weights_at(path);
    const double step = type == "f32" ? 0 : type == "f16" ? 0x1p-11 : 0x1p-8;  // half a unit of the last place, relative
    for (const auto& [tensor, x] : saved.tensors) {
      const Tensor y = cast(back->read(tensor), Dtype::f64), z = cast(x, Dtype::f64);
      for (int64_t i = 0; i < y.numel(); ++i) EXPECT_NEAR(y.data<double>()[i], z.data<double>()[i], step * std::abs(z.data<double>()[i])) << tensor;
    }
    EXPECT_EQ(back->read("ids").dtype(), Dtype::i64);
    if (type != "f32") EXPECT_EQ(back->find("emb.word.weight")->type->name, options.dtype);
  }
}

TEST(Weights, AFolderGoesWithItsFiles) {
  const Saved saved;
  const std::string config = saved.folder.put("config.json", "{\"model_type\": \"x\", \"torch_dtype\": \"float32\"}");
  const std::string to = saved.folder / "out";
  const std::string from = parent_folder(saved.path);
  convert_weights(from, to, {.dtype = "F16", .shard_bytes = 8});
  EXPECT_NE(read_file(join_path(to, "config.json")).find("float16"), std::string::npos);
  EXPECT_TRUE(exists(join_path(to, "model.safetensors.index.json")));
  EXPECT_EQ(open_weights_at(to)->entries().size(), saved.tensors.size());
  EXPECT_THROW(convert_weights(from, to, {}), Error);  // it holds files now
}

// The folders of a model of sentences are part of it. What other folders hold is not looked at, and this is said; weights of other programs stay.
TEST(Weights, ModulesOfAModelOfSentencesGoAlong) {
  const Saved saved;
  const test::TempFolder elsewhere;
  const std::string to = elsewhere / "out";
  files().make_dirs(saved.folder / "1_Pooling");
  files().make_dirs(saved.folder / "onnx");
  saved.folder.put("1_Pooling/config.json", "{}");
  saved.folder.put("modules.json", R"([{"idx": 0, "path": ""}, {"idx": 1, "path": "1_Pooling"}, {"idx": 2, "path": "2_Normalize"}])");
  saved.folder.put("model.onnx", "x");
  const Converted made = convert_weights(parent_folder(saved.path), to, {});
  EXPECT_EQ(made.notes, std::vector<std::string>{"onnx is a folder, and left behind"});
  EXPECT_EQ(read_file(join_path(to, "1_Pooling/config.json")), "{}");
  EXPECT_FALSE(exists(join_path(to, "model.onnx")));
}

}  // namespace
}  // namespace grim
