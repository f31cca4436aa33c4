using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Convert.Output;

/// <summary>Writes preprocessor_config.json as transformers' CLIPImageProcessor has it.</summary>
internal static class PreprocessorFile
{
    /// <summary>The numbers of OpenAI's files digit by digit: a single has several decimals of eight digits, and others compare texts.</summary>
    private static readonly decimal[] Published = [0.48145466m, 0.4578275m, 0.40821073m, 0.26862954m, 0.26130258m, 0.27577711m];

    /// <summary>Writes the file.</summary>
    public static void Write(string path, ImagePreprocessorConfig config) => JsonOutput.Write(path, json =>
    {
        json.WriteStartObject("crop_size");
        json.WriteNumber("height", config.OutputHeight);
        json.WriteNumber("width", config.OutputWidth);
        json.WriteEndObject();
        json.WriteBoolean("do_center_crop", config.DoCenterCrop);
        json.WriteBoolean("do_convert_rgb", true);
        json.WriteBoolean("do_normalize", config.DoNormalize);
        json.WriteBoolean("do_rescale", config.DoRescale);
        json.WriteBoolean("do_resize", config.DoResize);
        json.WriteString("feature_extractor_type", "CLIPFeatureExtractor");
        WriteChannels(json, "image_mean", config.Mean);
        json.WriteString("image_processor_type", "CLIPImageProcessor");
        WriteChannels(json, "image_std", config.Std);
        json.WriteNumber("resample", (int)config.Interpolation); // the enumeration's numbers are Pillow's
        json.WriteNumber("rescale_factor", config.RescaleFactor);
        WriteSize(json, config);
    });

    private static void WriteSize(Utf8JsonWriter json, ImagePreprocessorConfig config)
    {
        json.WriteStartObject("size");
        if (config.ResizeMode == ResizeMode.Squash)
        {
            json.WriteNumber("height", config.OutputHeight);
            json.WriteNumber("width", config.OutputWidth);
        }
        else
            json.WriteNumber("shortest_edge", config.ShortestEdge);
        json.WriteEndObject();
    }

    private static void WriteChannels(Utf8JsonWriter json, string name, ChannelValues values)
    {
        json.WriteStartArray(name);
        WriteNumber(json, values.Red);
        WriteNumber(json, values.Green);
        WriteNumber(json, values.Blue);
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, float value)
    {
        decimal published = Array.Find(Published, number => (float)number == value);
        if (published != 0)
            json.WriteNumberValue(published);
        else
            json.WriteNumberValue(value);
    }
}
