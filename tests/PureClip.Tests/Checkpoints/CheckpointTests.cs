using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tests.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>Every layout of the same model gives the same embeddings; a file that does not hold exactly the model is refused.</summary>
public sealed class CheckpointTests
{
    private static readonly TinyReference Reference = TinyReference.Of();

    [Theory]
    [InlineData("quick_gelu")]
    [InlineData("gelu")]
    [InlineData("gelu_pytorch_tanh")]
    public void Hugging_Face_models_give_the_reference_embeddings_with_every_activation(string activation)
    {
        using TinyModel model = TinyModel.HuggingFace(activation);
        using Clip clip = model.Load();
        TinyReference reference = TinyReference.Of(activation);
        reference.AssertImagesOf(clip);
        reference.AssertTextsOf(clip);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OpenClip_models_give_the_bits_of_the_Hugging_Face_model(bool customText)
    {
        using TinyModel model = TinyModel.OpenClip(customText);
        AssertSameBits(model);
    }

    [Theory]
    [InlineData("open_clip_pytorch_model.safetensors")]
    [InlineData("model.safetensors")]
    public void OpenClip_weights_may_have_their_other_names(string name)
    {
        using TinyModel model = TinyModel.OpenClip();
        model.WeightsName = name;
        AssertSameBits(model);
    }

    [Fact]
    public void A_directory_in_both_layouts_is_read_as_Hugging_Face()
    {
        using TinyModel openClip = TinyModel.OpenClip(), model = TinyModel.HuggingFace();
        model.Json["open_clip_config.json"] = openClip.Json["open_clip_config.json"];
        File.Copy(Path.Combine(openClip.Save(), openClip.WeightsName), Path.Combine(model.Path, openClip.WeightsName));
        Assert.Equal(ModelLayout.HuggingFace, ModelDirectory.Open(model.Save()).Layout);
        AssertSameBits(model);
    }

    [Fact]
    public void A_foreign_config_beside_OpenClip_weights_is_not_read()
    {
        using TinyModel model = TinyModel.OpenClip();
        model.Json["config.json"] = new() { ["model_type"] = "something_else" };
        AssertSameBits(model);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Shards_give_the_same_bits(int shards)
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Shards = shards;
        AssertSameBits(model);
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("module._orig_mod.")]
    [InlineData("ema.")]
    [InlineData("clip.")]
    [InlineData("model.")]
    public void A_prefix_before_every_name_is_dropped(string prefix)
    {
        using TinyModel huggingFace = TinyModel.HuggingFace().WithPrefix(prefix), openClip = TinyModel.OpenClip().WithPrefix(prefix);
        AssertSameBits(huggingFace);
        AssertSameBits(openClip);
    }

    [Theory]
    [InlineData(nameof(NumberType.F16), false)]
    [InlineData(nameof(NumberType.F16), true)]
    [InlineData(nameof(NumberType.F64), false)]
    [InlineData(nameof(NumberType.F64), true)]
    public void Other_types_that_hold_the_weights_exactly_give_the_same_bits(string dtype, bool openClip)
    {
        using TinyModel model = (openClip ? TinyModel.OpenClip() : TinyModel.HuggingFace()).As(Enum.Parse<NumberType>(dtype));
        AssertSameBits(model);
    }

    [Fact]
    public void BFloat16_gives_the_bits_of_the_same_numbers_in_F32()
    {
        using TinyModel narrow = TinyModel.HuggingFace().CutToBFloat16().As(NumberType.BF16), wide = TinyModel.HuggingFace()
            .CutToBFloat16();
        AssertSameBits(wide, narrow);
    }

    [Fact]
    public void Packing_and_encoding_on_several_threads_give_the_same_bits()
    {
        using TinyModel model = TinyModel.HuggingFace();
        using Clip one = model.Load(), three = Clip.Load(model.Path, new() { Threads = 3 });
        Assert.Equal(Reference.EncodeImages(one), Reference.EncodeImages(three));
        Assert.Equal(Reference.EncodeTexts(one), Reference.EncodeTexts(three));
    }

    [Fact]
    public void A_text_tower_alone_encodes_texts_and_says_that_it_cannot_encode_pictures()
    {
        using TinyModel model = TinyModel.TextOnly();
        using Clip clip = model.Load();
        Reference.AssertTextsOf(clip);
        Assert.Null(clip.Preprocessor);
        Assert.Equal(1f, clip.LogitScale);
        string message = Assert.Throws<InvalidOperationException>(() => Reference.EncodeImages(clip)).Message;
        Assert.Equal($"{model.Path} holds a text tower only, so it cannot encode pictures. Load a model with a vision tower.", message);
    }

    [Fact]
    public void A_vision_tower_alone_encodes_pictures_and_says_that_it_cannot_encode_texts()
    {
        using TinyModel model = TinyModel.VisionOnly();
        model.HasVocabulary = false;
        using Clip clip = model.Load();
        Reference.AssertImagesOf(clip);
        Assert.Null(clip.Tokenizer);
        string message = Assert.Throws<InvalidOperationException>(() => clip.EncodeText("a cat")).Message;
        Assert.Equal($"{model.Path} holds a vision tower only, so it cannot encode texts. Load a model with a text tower.", message);
        Assert.Throws<InvalidOperationException>(() => Reference.EncodeTexts(clip));
    }

    [Fact]
    public void A_text_goes_through_the_directorys_own_vocabulary()
    {
        using TinyModel model = TinyModel.HuggingFace();
        using Clip clip = model.Load();
        int[] ids = [.. clip.Tokenizer!.EncodeWithoutSpecials("the cat")];
        Assert.Equal(["the</w>", "cat</w>"], ids.Select(clip.Tokenizer.Token));
        float[] expected = new float[TinyReference.Width];
        clip.EncodeTokens([TinyModel.StartId, .. ids, TinyModel.EndId], expected);
        Assert.Equal(expected, clip.EncodeText("The CAT"));
    }

    [Fact]
    public void A_vocabulary_larger_than_the_text_towers_is_refused()
    {
        using TinyModel model = TinyModel.OpenClip();
        model.HasVocabulary = false; // then it is CLIP's own
        AssertMessage(model, model.Path, "the tokenizer has 49408 tokens, the text tower 100",
            "Put the model's own vocab.json and merges.txt beside");
    }

    [Fact]
    public void Dialect_names_and_unused_tensors_are_reported()
    {
        using TinyModel model = TinyModel.OpenClip(customText: true).WithPrefix("module.");
        model.Add("module.text.attn_mask", 16, 16).Add("module.input_resolution");
        using Checkpoint reader = Open(model);
        Assert.Equal(Names.OpenClipCustomText, reader.Dialect);
        Assert.Equal("vision.blocks.1.attn.qkv.weight", reader.CanonicalNames["module.visual.transformer.resblocks.1.attn.in_proj_weight"]);
        Assert.Equal("text.projection", reader.CanonicalNames["module.text.text_projection"]);
        Assert.Equal("logit_scale", reader.CanonicalNames["module.logit_scale"]);
        Assert.Equal(["module.input_resolution", "module.text.attn_mask"], reader.Unused.Select(unused => unused.Name)
            .Order(StringComparer.Ordinal));
        Assert.All(reader.Unused, unused => Assert.Equal("carries nothing", unused.Reason));
        Assert.Equal(model.Tensors.Count, reader.CanonicalNames.Count + reader.Unused.Count);
    }

    [Fact]
    public void Position_ids_of_old_files_are_ignored()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors["text_model.embeddings.position_ids"] = new(NumberType.I64, [1, 16],
            [.. Enumerable.Range(0, 16).Select(i => (float)i)]);
        model.Tensors["vision_model.embeddings.position_ids"] = new(NumberType.I64, [1, 17], new float[17]);
        AssertSameBits(model);
    }

    [Fact]
    public void A_tower_that_is_not_configured_is_left_in_the_file_with_the_reason()
    {
        using TinyModel whole = TinyModel.HuggingFace(), model = TinyModel.TextOnly();
        foreach ((string name, TinyModel.Tensor tensor) in whole.Tensors)
            model.Tensors[name] = tensor;
        using Checkpoint reader = Open(model);
        Assert.Equal(whole.Tensors.Keys.Count(name => name.StartsWith("vis", StringComparison.Ordinal)), reader.Unused.Count);
        Assert.All(reader.Unused, unused =>
            Assert.Equal("belongs to the vision tower, which the configuration does not have", unused.Reason));
        using Clip clip = model.Load();
        Reference.AssertTextsOf(clip);
    }

    [Theory]
    [InlineData("text_model.embeddings.token_embedding.weight", float.NaN)]
    [InlineData("text_model.embeddings.position_embedding.weight", float.NegativeInfinity)]
    [InlineData("text_model.encoder.layers.1.layer_norm2.bias", float.NaN)]
    [InlineData("text_model.encoder.layers.0.self_attn.k_proj.bias", float.PositiveInfinity)]
    [InlineData("text_model.encoder.layers.1.mlp.fc2.weight", float.PositiveInfinity)]
    [InlineData("text_projection.weight", float.NaN)]
    [InlineData("vision_model.embeddings.patch_embedding.weight", float.NaN)]
    [InlineData("vision_model.pre_layrnorm.weight", float.PositiveInfinity)]
    [InlineData("logit_scale", float.PositiveInfinity)]
    [InlineData("logit_scale", 1000f)] // e to the power of it
    [InlineData("logit_bias", float.NaN)]
    public void A_number_that_is_none_is_refused_wherever_it_stands(string name, float number)
    {
        foreach (NumberType type in (NumberType[])[NumberType.F32, NumberType.BF16, NumberType.F16])
        {
            using TinyModel model = TinyModel.HuggingFace();
            model.Add("logit_bias");
            model.CutToBFloat16();
            model.Tensors[name].Numbers[0] = number;
            model.Tensors[name] = model.Tensors[name] with { Type = type };
            string message = Assert.Throws<InvalidDataException>(() =>
            {
                using Clip clip = model.Load();
                clip.EncodeTokens([0, 1, TinyModel.EndId], new float[TinyReference.Width]);
                Reference.EncodeImages(clip);
            }).Message;
            Assert.Contains(name, message);
            Assert.StartsWith(Path.Combine(model.Path, model.WeightsName), message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("visual.bn2.weight", float.NaN)]
    [InlineData("visual.bn2.running_mean", float.PositiveInfinity)]
    [InlineData("visual.layer2.0.bn1.running_var", -1f)]
    [InlineData("visual.layer3.0.downsample.0.weight", float.NaN)]
    public void Numbers_of_a_batch_norm_that_are_none_are_refused(string name, float number)
    {
        using TinyResNet model = new();
        model[name][0] = number;
        model.Save();
        using Clip clip = Clip.Load(model.Path, new() { Threads = 1 });
        Assert.Contains(name, Assert.Throws<InvalidDataException>(clip.Warm).Message);
    }

    [Fact]
    public void A_row_of_the_token_embedding_that_no_text_has_is_never_looked_at()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors["text_model.embeddings.token_embedding.weight"].Numbers[0] = float.NaN;
        using Clip clip = model.Load();
        clip.EncodeTokens([TinyModel.StartId, 1, TinyModel.EndId], new float[TinyReference.Width]);
    }

    [Theory]
    [InlineData(null, 14.2849f)]
    [InlineData(0.0, 1f)]
    [InlineData(4.0, 54.598f)]
    public void Weights_without_a_logit_scale_have_the_one_that_a_training_begins_with(double? named, float expected)
    {
        using TinyModel huggingFace = TinyModel.HuggingFace(), openClip = TinyModel.OpenClip();
        huggingFace.Config["logit_scale_init_value"] = named;
        openClip.Config["init_logit_scale"] = named;
        foreach (TinyModel model in (TinyModel[])[huggingFace, openClip])
        {
            model.Tensors.Remove("logit_scale");
            using Clip clip = model.Load();
            Assert.Equal(expected, clip.LogitScale, 1e-3f);
            ModelInspection inspection = ModelInspection.Of(model.Path);
            Assert.Equal(clip.LogitScale, inspection.LogitScale);
            Assert.Contains("The weights have no logit_scale", Assert.Single(inspection.Assumptions));
        }
    }

    [Theory]
    [InlineData("temperature", "module.", "stands beside the model, whose names begin with module.")]
    [InlineData("n_averaged", "averaged_model.", "stands beside the model, whose names begin with averaged_model.")]
    [InlineData("loss.weight", "model.", "stands beside the model, whose names begin with model.")]
    public void A_tensor_of_the_trainer_outside_a_wrapper_is_named_and_not_used(string stray, string wrapper, string reason)
    {
        using TinyModel model = TinyModel.HuggingFace().WithPrefix(wrapper).Add(stray, 1);
        AssertSameBits(model);
        using Checkpoint checkpoint = Open(model);
        Assert.Equal([(stray, reason)], checkpoint.Unused);
        Assert.Equal("not used: " + reason, ModelInspection.Of(model.Path).Tensors.Single(tensor => tensor.Name == stray).Note);
    }

    [Theory]
    [InlineData("", "ema.", "ema.decay")]
    [InlineData("model.", "model_ema.module.", "model_ema.updates")]
    [InlineData("module.", "ema_model.", "n_averaged")]
    public void A_copy_that_was_averaged_beside_the_model_is_not_used(string wrapper, string average, string stray)
    {
        using TinyModel model = TinyModel.HuggingFace().WithPrefix(wrapper).Add(stray, 1);
        foreach ((string name, TinyModel.Tensor tensor) in model.Tensors.ToArray())
            if (name != stray)
                model.Tensors[average + name[wrapper.Length..]] = tensor with { Numbers = [.. tensor.Numbers.Select(static number => number / 2)] };
        AssertSameBits(model);
        using Checkpoint checkpoint = Open(model);
        Assert.Equal(model.Tensors.Count / 2 + 1, checkpoint.Unused.Count);
        Assert.Contains(checkpoint.Unused, unused => unused.Name == average + "logit_scale" && unused.Reason == $"is a second copy of {wrapper}logit_scale");
    }

    [Theory]
    [InlineData("vision_model.encoder.", "vision_model._orig_mod.encoder.")]
    [InlineData("text_model.encoder.layers.1.", "text_model.encoder.layers.1._fsdp_wrapped_module.")]
    [InlineData("text_model.encoder.layers.0.mlp.", "text_model.encoder.layers.0._checkpoint_wrapped_module._orig_mod.mlp.")]
    [InlineData("vision_model.", "vision_model.module.")]
    public void A_wrapper_around_a_part_is_dropped(string part, string wrapped)
    {
        using TinyModel model = TinyModel.HuggingFace();
        foreach ((string name, TinyModel.Tensor tensor) in model.Tensors.ToArray())
            if (name.StartsWith(part, StringComparison.Ordinal) && model.Tensors.Remove(name))
                model.Tensors.Add(wrapped + name[part.Length..], tensor);
        AssertSameBits(model);
    }

    [Fact]
    public void A_logit_scale_outside_the_wrapper_is_the_models()
    {
        using TinyModel model = TinyModel.HuggingFace().WithPrefix("model.");
        model.Tensors.Remove("model.logit_scale", out TinyModel.Tensor? scale);
        model.Tensors["logit_scale"] = scale!;
        AssertSameBits(model);
    }

    [Theory]
    [InlineData("")]
    [InlineData("module.")]
    public void A_lone_tower_may_leave_its_own_name_out(string wrapper)
    {
        using TinyModel text = TinyModel.TextOnly(), vision = TinyModel.VisionOnly();
        foreach ((TinyModel model, string tower) in ((TinyModel, string)[])[(text, "text_model."), (vision, "vision_model.")])
            foreach ((string name, TinyModel.Tensor tensor) in model.Tensors.ToArray())
                if (model.Tensors.Remove(name))
                    model.Tensors.Add(wrapper + (name.StartsWith(tower, StringComparison.Ordinal) ? name[tower.Length..] : name), tensor);
        using Clip ofTexts = text.Load(), ofPictures = vision.Load();
        Reference.AssertTextsOf(ofTexts);
        Reference.AssertImagesOf(ofPictures);
    }

    [Fact]
    public void A_vision_tower_without_its_projection_and_its_name_says_that_it_is_missing()
    {
        using TinyModel model = TinyModel.VisionOnly();
        foreach ((string name, TinyModel.Tensor tensor) in model.Tensors.ToArray())
            if (model.Tensors.Remove(name) && name.StartsWith("vision_model.", StringComparison.Ordinal))
                model.Tensors.Add(name["vision_model.".Length..], tensor);
        AssertMessage(model, "is a vision tower without projection: \"visual_projection.weight\" is missing", "CLIPVisionModelWithProjection");
    }

    [Fact]
    public void A_model_without_both_projections_says_so()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors.Remove("visual_projection.weight");
        model.Tensors.Remove("text_projection.weight");
        AssertMessage(model, "is a model without projection: \"visual_projection.weight\" and \"text_projection.weight\" are missing");
    }

    [Fact]
    public void A_classifier_in_place_of_the_projection_is_named()
    {
        using TinyModel model = TinyModel.VisionOnly().Add("classifier.weight", 5, 32).Add("classifier.bias", 5);
        model.Tensors.Remove("visual_projection.weight");
        AssertMessage(model, "is a model for image classification (\"classifier.");
    }

    [Theory]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.weight.absmax")]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.SCB")]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.qweight")]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.g_idx")]
    public void Matrices_that_a_library_has_packed_are_refused_by_the_word_quantization(string name)
    {
        using TinyModel model = TinyModel.HuggingFace().Add(name, 4);
        AssertMessage(model, "a library for quantization has packed", name);
    }

    [Fact]
    public void The_logit_scale_is_e_to_the_power_of_what_is_stored_and_the_bias_is_as_stored()
    {
        using TinyModel model = TinyModel.OpenClip().WithPrefix("module.");
        model.Tensors["module.logit_scale"] = new(NumberType.F32, [1], [2f]); // some files store [1] instead of a scalar
        model.Tensors["module.logit_bias"] = new(NumberType.F32, [], [-10f]);
        using Clip clip = model.Load();
        Assert.Equal(MathF.Exp(2f), clip.LogitScale);
        Assert.Equal(-10f, clip.LogitBias);
    }

    [Fact]
    public void A_logit_scale_of_several_numbers_is_refused()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors["logit_scale"] = new(NumberType.F32, [2], [1f, 2f]);
        AssertMessage(model, "1 tensors that do not fit:\n    logit_scale: expected one element, found [2]");
    }

    [Fact]
    public void Everything_that_does_not_fit_is_listed_in_one_message()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors.Remove("text_model.final_layer_norm.bias");
        model.Tensors.Remove("vision_model.encoder.layers.1.self_attn.k_proj.weight");
        model.Add("vision_model.encoder.layers.2.mlp.fc1.weight", 128, 32).Add("who.knows\n", 1);
        model.Tensors["visual_projection.weight"] = new(NumberType.F32, [32, 16], new float[512]);
        AssertMessage(model,
            Path.Combine(model.Path, model.WeightsName),
            "1 tensors that do not fit:\n    visual_projection.weight: expected [16, 32] by the configuration, found [32, 16]",
            "2 missing tensors (HuggingFace names):\n    vision_model.encoder.layers.1.self_attn.k_proj.weight\n    text_model.final_layer_norm.bias",
            "2 tensors that this model does not have:\n    \"",
            "\"vision_model.encoder.layers.2.mlp.fc1.weight\"",
            "Check that configuration and weights belong together");
    }

    [Fact]
    public void A_misspelt_name_is_told_beside_the_missing_one()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors.Remove("text_model.final_layer_norm.bias", out TinyModel.Tensor? tensor);
        model.Tensors["text_model.final_layernorm.bias"] = tensor!;
        AssertMessage(model, "1 missing tensors (HuggingFace names):\n    text_model.final_layer_norm.bias (there is \"text_model.final_layernorm.bias\")");
    }

    [Fact]
    public void A_long_list_is_cut()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Config["vision_config"]!["hidden_size"] = 64;
        string message = MessageOf(model);
        Assert.Contains("vision_model.embeddings.class_embedding: expected [64] by the configuration, found [32]", message);
        Assert.Matches(@"\n    and \d+ more(\n|$)", message);
        Assert.InRange(message.Split('\n').Length, 12, 20);
    }

    [Theory]
    [InlineData("image_size", 64,
        "vision_model.embeddings.position_embedding.weight: expected [65, 32] by the configuration, found [17, 32]")]
    [InlineData("patch_size", 16,
        "vision_model.embeddings.patch_embedding.weight: expected [32, 3, 16, 16] by the configuration, found [32, 3, 8, 8]")]
    [InlineData("intermediate_size", 64,
        "vision_model.encoder.layers.0.mlp.fc1.weight: expected [64, 32] by the configuration, found [128, 32]")]
    [InlineData("num_hidden_layers", 3, "missing tensors (HuggingFace names):\n    vision_model.encoder.layers.2.layer_norm1.weight")]
    [InlineData("num_hidden_layers", 1, "tensors that this model does not have:\n    \"vision_model.encoder.layers.1.")]
    public void Sizes_that_contradict_the_weights_are_refused(string field, int value, string expected)
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Json.Remove("preprocessor_config.json");
        model.Config["vision_config"]![field] = value;
        AssertMessage(model, expected);
    }

    [Theory]
    [InlineData("vision_model.made_up")]
    [InlineData("something.else")]
    public void An_unknown_tensor_is_refused_although_only_one_tower_is_configured(string name)
    {
        using TinyModel model = TinyModel.VisionOnly().Add(name, 1);
        AssertMessage(model, $"1 tensors that this model does not have:\n    \"{name}\"");
    }

    [Fact]
    public void A_type_that_is_not_widened_is_refused_when_the_model_is_opened()
    {
        using TinyModel model = TinyModel.HuggingFace();
        TinyModel.Tensor bias = model.Tensors["text_model.final_layer_norm.bias"];
        model.Tensors["text_model.final_layer_norm.bias"] = bias with { Type = NumberType.F8E4M3 };
        AssertMessage(model, "text_model.final_layer_norm.bias: expected F32, F16, BF16 or F64, found F8_E4M3");
    }

    [Fact]
    public void A_text_tower_without_its_projection_has_states_and_no_embeddings()
    {
        using TinyModel model = TinyModel.TextOnly(); // as CLIPTextModel, without projection, is saved
        model.Tensors.Remove("text_projection.weight");
        using Clip clip = model.Load();
        Assert.Equal(TextProjection.Missing, clip.Config.Text!.Projection);
        TowerStates states = clip.EncodeTokenStates([TinyModel.StartId, 70, TinyModel.EndId]);
        Assert.Equal(clip.Config.Text.Transformer.Width, states.Pooled().Length);
        Assert.Null(states.Projected);
        string message = Assert.Throws<InvalidOperationException>(() => clip.EncodeText("a cat")).Message;
        Assert.Contains("a text tower without its projection", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_kind_of_model_is_named_as_such()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors.Clear();
        model.Add("gpt.wte.weight", 2, 2);
        AssertMessage(model, "does not name its tensors as a CLIP of OpenAI, OpenCLIP or Hugging Face does",
            "\"gpt.wte.weight\"", "Check that this is a CLIP checkpoint.");
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Shards = 2;
        string path = model.Save();
        File.Delete(Path.Combine(path, "model-00002-of-00002.safetensors"));
        string message = Assert.Throws<InvalidDataException>(() => Clip.Load(path)).Message;
        Assert.Contains("the shard \"model-00002-of-00002.safetensors\" is missing", message);
    }

    [Fact]
    public void The_end_of_text_id_2_means_the_largest_id_and_any_other_its_first_occurrence()
    {
        int[] ids = [TinyModel.StartId, 5, TinyModel.EndId, 7, TinyModel.EndId];
        float[] untilFirst = Encode(ids[..3], TinyModel.EndId);
        Assert.Equal(untilFirst, Encode(ids, TinyModel.EndId));
        Assert.Equal(untilFirst, Encode(ids, 2));
        Assert.Contains("read at token 5", Assert.Throws<InvalidDataException>(() => Encode(ids, 5))
            .Message); // the tokenizer ends texts with another
        Assert.Equal(untilFirst, Encode(ids, null)); // absent: the token that the tokenizer ends texts with
    }

    private static float[] Encode(int[] ids, int? endOfText)
    {
        using TinyModel model = TinyModel.HuggingFace();
        JsonObject text = model.Config["text_config"]!.AsObject();
        if (endOfText is null)
            text.Remove("eos_token_id");
        else
            text["eos_token_id"] = endOfText;
        using Clip clip = model.Load();
        float[] embedding = new float[TinyReference.Width];
        clip.EncodeTokens(ids, embedding);
        return embedding;
    }

    private static void AssertSameBits(TinyModel model)
    {
        using TinyModel plain = TinyModel.HuggingFace();
        AssertSameBits(plain, model);
        using Clip clip = model.Load();
        Reference.AssertImagesOf(clip);
        Reference.AssertTextsOf(clip);
    }

    private static void AssertSameBits(TinyModel expected, TinyModel actual)
    {
        using Clip a = expected.Load(), b = actual.Load();
        Assert.Equal(Reference.EncodeImages(a), Reference.EncodeImages(b));
        Assert.Equal(Reference.EncodeTexts(a), Reference.EncodeTexts(b));
        Assert.Equal(a.LogitScale, b.LogitScale);
    }

    private static Checkpoint Open(TinyModel model)
    {
        ModelDirectory directory = ModelDirectory.Open(model.Save());
        return Checkpoint.Open(directory.WeightsPath, directory.Config);
    }

    private static string MessageOf(TinyModel model) => Assert.Throws<InvalidDataException>(() => model.Load()).Message;

    private static void AssertMessage(TinyModel model, params string[] parts)
    {
        string message = MessageOf(model);
        Assert.All(parts, part => Assert.Contains(part, message));
    }
}
