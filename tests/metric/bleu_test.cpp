// BLEU against sacreBLEU 2.6 (tools/golden/metrics.py) and against the examples that its own tests publish.
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/plain_text.h"
#include "support/corpus_case.h"

namespace grim {
namespace {

template <class E> E named(const std::string& name, std::initializer_list<E> all) {
  for (E e : all)
    if (name == name_of(e)) return e;
  ADD_FAILURE() << name;
  return *all.begin();
}
BleuTokenizer tokenizer_named(const std::string& name) {
  return named(name, {BleuTokenizer::mteval13a, BleuTokenizer::international, BleuTokenizer::chinese, BleuTokenizer::characters, BleuTokenizer::none});
}
BleuOptions options_of(const Json& json) {
  BleuOptions o{.tokenizer = tokenizer_named(json.text("tokenize")),
                .smoothing = named(json.text("smooth_method"),
                                   {BleuSmoothing::exponential, BleuSmoothing::floor, BleuSmoothing::add_k, BleuSmoothing::none})};
  o.smooth_value = json.real("smooth_value", -1);
  if (json.boolean("effective_order")) o.order = NgramOrder::effective;
  if (json.boolean("lowercase")) o.letters = Case::lowered;
  return o;
}

TEST(Bleu, EqualsSacrebleuOnRandomCorpora) {
  const Json all = golden_file("metrics/bleu.json");
  ASSERT_GE(all.size(), 200u);
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].dump());
    const Bleu bleu(options_of(all[i].at("options")));
    const Bleu::Score s = bleu.explain(bleu.count(lines_of(all[i].at("hyps")), references_of(all[i].at("refs"))).sums());
    EXPECT_NEAR(s.bleu, all[i].real("score"), 1e-9);
    EXPECT_NEAR(s.brevity_penalty, all[i].real("bp"), 1e-12);
    EXPECT_EQ(s.hypothesis_length, all[i].integer("hyp_len"));
    EXPECT_EQ(s.reference_length, all[i].integer("ref_len"));
    for (size_t n = 0; n < Bleu::kOrder; ++n) EXPECT_NEAR(s.precision[n], all[i].at("precisions")[n].as_real(), 1e-9);
  }
}

TEST(Bleu, CutsLinesAsSacrebleuDoes) {
  const Json all = golden_file("metrics/bleu_tokens.json");
  for (size_t k = 0; k < all.at("tokens").size(); ++k)
    for (size_t i = 0; i < all.at("lines").size(); ++i) {
      SCOPED_TRACE(all.at("tokens").keys()[k]);
      SCOPED_TRACE(all.at("lines")[i].dump());
      const std::string text = tokenized_for_bleu(without_blanks_behind(all.at("lines")[i].as_text()), tokenizer_named(all.at("tokens").keys()[k]));
      EXPECT_EQ(Json::array_of(blank_separated(text)).dump(), all.at("tokens")[k][i].dump());
    }
}

// The corpus of sacreBLEU's own tests.
TEST(Bleu, PublishedScores) {
  const Lines hypotheses = {"The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."};
  const std::vector<Lines> references = {{"The dog bit the man.", "It was not unexpected.", "The man bit him first."},
                                         {"The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."}};
  const auto score = [&](BleuTokenizer t) { return Bleu({.tokenizer = t}).score_of(hypotheses, references); };
  EXPECT_NEAR(score(BleuTokenizer::mteval13a), 48.530827, 1e-6);
  EXPECT_NEAR(score(BleuTokenizer::none), 49.191957, 1e-6);
  EXPECT_NEAR(score(BleuTokenizer::international), 43.916235, 1e-6);
  EXPECT_EQ(Bleu().score_of({"", "", ""}, references), 0);
  const Bleu raw({.tokenizer = BleuTokenizer::none, .smoothing = BleuSmoothing::floor, .smooth_value = 0.01, .order = NgramOrder::effective});
  EXPECT_NEAR(raw.score_of({"this is a test", "another test"}, std::vector<Lines>{{"ref1", "ref2"}}), 0, 1e-12);
  EXPECT_NEAR(raw.sentence("this is a fest", {"this is a test"}), 22.3606797749979, 1e-8);
  EXPECT_NEAR(raw.sentence("test", {"a test"}), 36.78794411714425, 1e-8);
  EXPECT_NEAR(raw.sentence("a little test", {"a test"}), 3.218297948685433, 1e-8);
}

// The sums of "am I am a character sequence" against "I am a symbol string sequence a a", and of counts without text.
TEST(Bleu, PublishedCounts) {
  const LineCounts counts = Bleu().count({"am I am a character sequence"}, std::vector<Lines>{{"I am a symbol string sequence a a"}});
  EXPECT_EQ(counts.values, (std::vector<double>{6, 8, 4, 2, 1, 0, 6, 5, 4, 3}));
  const std::vector<double> of_eleven = {11, 11, 9, 7, 5, 3, 10, 8, 6, 4}, without_long = {6, 6, 6, 5, 4, 0, 6, 5, 4, 3};
  EXPECT_NEAR(Bleu({.smoothing = BleuSmoothing::none}).score(of_eleven), 83.75922397, 1e-6);
  EXPECT_EQ(Bleu({.smoothing = BleuSmoothing::floor, .smooth_value = 0}).score(without_long), 0);
  EXPECT_EQ(Bleu().score(std::vector<double>(10, 0.0)), 0);
}

TEST(Bleu, SignatureSaysHow) {
  EXPECT_EQ(Bleu().signature(1).substr(0, 51), "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|versio");
  const Bleu other({.tokenizer = BleuTokenizer::chinese, .smoothing = BleuSmoothing::floor, .order = NgramOrder::effective, .letters = Case::lowered});
  EXPECT_EQ(other.signature(2, "bs:1000|seed:12345").find("nrefs:2|bs:1000|seed:12345|case:lc|eff:yes|tok:zh|smooth:floor[0.10]|version:grimoire-"), 0u);
}

TEST(Bleu, CornerShapes) {
  const Bleu bleu;
  EXPECT_EQ(bleu.score_of({""}, std::vector<Lines>{{"a"}}), 0);
  EXPECT_EQ(bleu.score_of({"a"}, std::vector<Lines>{{""}}), 0);
  EXPECT_EQ(bleu.score_of({"", ""}, std::vector<Lines>{{"", ""}}), 0);
  EXPECT_NEAR(bleu.score_of({"a b c d e"}, std::vector<Lines>{{"a b c d e"}}), 100, 1e-9);
  std::string longer;
  for (int i = 0; i < 5000; ++i) longer += str("w{} ", i % 1500);  // more runs than any table has at first
  EXPECT_NEAR(bleu.score_of({longer}, std::vector<Lines>{{longer}}), 100, 1e-9);
  EXPECT_THROW(bleu.score_of({"a"}, std::vector<Lines>{}), Error);
  EXPECT_THROW(bleu.score_of({"a"}, std::vector<Lines>{{"a", "b"}}), Error);
  EXPECT_THROW(bleu.score_of({"a\xff"}, std::vector<Lines>{{"a"}}), Error);
  EXPECT_THROW(Bleu({.smooth_value = NAN}), Error);
}

}  // namespace
}  // namespace grim
