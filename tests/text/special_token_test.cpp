#include "grimoire/text/special_token.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {
namespace {

std::shared_ptr<const Tokenizer> with(const std::string& vocabulary, Json settings) {
  const std::string model = R"({"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0)" + vocabulary + "}}";
  return parse_tokenizer(R"({"version": "1.0", "added_tokens": [], "model": )" + model + "}", "here", std::move(settings));
}

TEST(SpecialToken, IsTheOneThatTheSettingsNameElseAUsualOne) {
  const std::string both = R"(, "[MASK]": 1, "<gap>": 2, "</s>": 3)";
  const Json content = Json::object({{"content", "<gap>"}});
  EXPECT_EQ(special_token(*with(both, Json::object({{"mask_token", "<gap>"}})), TokenRole::mask), 2);
  EXPECT_EQ(special_token(*with(both, Json::object({{"mask_token", content}})), TokenRole::mask), 2);
  EXPECT_EQ(special_token(*with(both, Json::object()), TokenRole::mask), 1) << "none is named";
  EXPECT_EQ(special_token(*with(both, Json::object({{"mask_token", Json()}})), TokenRole::mask), 1);
  EXPECT_EQ(special_token(*with(both, Json::object({{"mask_token", "<other>"}})), TokenRole::mask), 1) << "the vocabulary lacks what is named";
  EXPECT_EQ(special_token(*with(both, Json::object()), TokenRole::end), 3);
  EXPECT_EQ(special_token(*with(both, Json::object()), TokenRole::separator), 3);
  EXPECT_EQ(special_token(*with(both, Json::object()), TokenRole::pad), std::nullopt);
}

TEST(SpecialToken, ThatIsNeededAndMissingIsNamed) {
  const auto none = with("", Json::object());
  for (const auto& [role, key] : {std::pair{TokenRole::begin, "bos_token"}, {TokenRole::end, "eos_token"}, {TokenRole::pad, "pad_token"},
                                  {TokenRole::classes, "cls_token"}, {TokenRole::separator, "sep_token"}, {TokenRole::mask, "mask_token"}}) {
    try {
      needed_token(*none, role);
      ADD_FAILURE() << key;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      EXPECT_NE(std::string(e.what()).find(key), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace grim
