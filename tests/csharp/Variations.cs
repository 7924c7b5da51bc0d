using System;
using System.IO;
using System.Linq;
using Twinspect;

// HALCON's variation model, call by call.
static class Variations
{
    const int Width = 16;
    const int Height = 12;

    public static void Run(string folder)
    {
        Check.Run("variation_finds_what_is_too_light_and_too_dark", Variation_finds);
        Check.Run("variation_out_of_order_is_state", Variation_out_of_order);
        Check.Run("variation_file_and_bytes_compare_alike", () => Variation_file(folder));
        Check.Run("variation_info_is_that_of_what_was_read", Variation_info);
        Check.Run("variation_mask_says_what_is_compared", Variation_mask);
        Check.Run("variation_of_features_finds_the_scratch", Variation_of_features);
        Check.Run("variation_direct_takes_limits_from_pictures", Variation_direct);
    }

    static ImageView Flat(byte gray, Action<byte[]> change = null)
    {
        var pixels = Enumerable.Repeat(gray, Width * Height).ToArray();
        change?.Invoke(pixels);
        return new ImageView(pixels, Width, Height, PixelFormat.Gray8);
    }

    static Variation Prepared()
    {
        var variation = new Variation(Width, Height);
        variation.Train(Flat(98), Flat(102));
        variation.Train(Flat(98), Flat(102));
        variation.Prepare(10, 3);
        return variation;
    }

    static readonly ImageView Part = Flat(100, pixels =>
    {
        pixels[2 * Width + 3] = 120;
        pixels[5 * Width + 7] = pixels[5 * Width + 8] = 60;
    });

    static void Variation_finds()
    {
        using (var variation = Prepared())
        using (var result = new Result())
        {
            variation.Compare(Part, result);
            Check.Equal(result.Summary.Verdict, Verdict.Defect, "verdict");
            // By hand: mean 100, deviation 2, so 3 * 2 is below 10, and the limits are 90 and 110.
            Check.Equal(result.Summary.Score, 30f, "60 is 30 below 90");
            Check.Equal(result.Regions().Count, 2, "regions");
            variation.Compare(Part, result, VariationCompare.Light);
            Check.Equal(result.Regions().Single().Area, 1L, "area of what is too light");
            Check.Equal(result.Regions().Single().Runs[0].Row, 2, "its row");
            variation.Compare(Part, result, VariationCompare.LightDark);
            Check.Equal(string.Join(" ", result.Regions().Select(region => region.Peak)), "10 -30", "peaks, light first");
            variation.Compare(Flat(110), result);
            Check.Equal(result.Summary.Verdict, Verdict.Good, "verdict at the limit");

            Action<VariationImage, float> holds = (which, value) =>
            {
                var image = variation.GetImage(which);
                Check.Equal(image.Length, Width * Height, "values of " + which);
                Check.That(image.All(pixel => pixel == value), which + " is " + value + " everywhere: " + image[0]);
            };
            holds(VariationImage.Ideal, 100);
            holds(VariationImage.Variation, 2);
            holds(VariationImage.Lower, 90);
            holds(VariationImage.Upper, 110);
            Check.Throws<TwinspectArgumentException>(() => variation.GetImage(VariationImage.Ideal, new float[Width * Height - 1]));
        }
    }

    static void Variation_out_of_order()
    {
        using (var variation = new Variation(Width, Height))
        using (var result = new Result())
        {
            Check.Equal(Check.Throws<TwinspectStateException>(() => variation.Compare(Part, result)).Code, ErrorCode.State, "code");
            Check.Throws<TwinspectStateException>(() => variation.Prepare(10, 3));
            Check.Equal(Check.Throws<TwinspectArgumentException>(() => variation.Train()).Code, ErrorCode.TooFewImages, "code of no pictures");
            variation.Train(Flat(98), Flat(102));
            Check.Contains(Check.Throws<TwinspectArgumentException>(
                () => variation.Train(Flat(1), new ImageView(new byte[4], 2, 2, PixelFormat.Gray8))).Where, "images[1]");
            Check.Throws<TwinspectArgumentException>(() => variation.Prepare(-1, 3));
            variation.Prepare(10, 20, 0, 0);
            variation.Compare(Flat(82), result);
            Check.Equal(result.Summary.Verdict, Verdict.Good, "dark limit of its own");
            variation.ClearTrainData();
            Check.Throws<TwinspectStateException>(() => variation.Train(Flat(1)));
            variation.Compare(Part, result);
        }
        Check.Equal(Check.Throws<TwinspectArgumentException>(() => new Variation(Width, Height, VariationType.Int2)).Code, ErrorCode.Unsupported, "code of int2");
    }

    static void Variation_file(string folder)
    {
        var path = Path.Combine(folder, "part.variation");
        using (var variation = Prepared())
        using (var result = new Result())
        {
            variation.Compare(Part, result);
            var json = result.ToJson();
            variation.Write(path);
            var bytes = variation.ToBytes();
            Check.That(bytes.SequenceEqual(File.ReadAllBytes(path)), "the file is the bytes");
            using (var read = Variation.Read(path)) read.Compare(Part, result);
            Check.Equal(result.ToJson(), json, "comparison of what was read");
            using (var read = Variation.FromBytes(bytes)) read.Compare(Part, result);
            Check.Equal(result.ToJson(), json, "comparison of what came from bytes");
            bytes[bytes.Length / 2] ^= 1;
            Check.Equal(Check.Throws<TwinspectIOException>(() => Variation.FromBytes(bytes)).Code, ErrorCode.Format, "code of damage");
        }
        File.Delete(path);
        Check.Equal(Check.Throws<TwinspectIOException>(() => Variation.Read(path)).Code, ErrorCode.NotFound, "code");
    }

    static void Variation_info()
    {
        using (var variation = new Variation(Width, Height, VariationType.UInt2, VariationMode.Robust))
        {
            var info = variation.Info;
            Check.That(info.Type == VariationType.UInt2 && info.Mode == VariationMode.Robust && !info.IsPrepared, "of nothing yet");
            variation.Dispose();
            Check.Throws<ObjectDisposedException>(() => { var gone = variation.Info; });
        }
        using (var variation = Prepared())
        using (var read = Variation.FromBytes(variation.ToBytes()))
        {
            var info = read.Info;
            Check.Equal(info.Width, Width, "width");
            Check.Equal(info.Height, Height, "height");
            Check.That(info.Type == VariationType.Byte && info.Mode == VariationMode.Standard && info.IsPrepared, "of what was read");
            Check.Equal(info.Engine, VariationEngine.Pixels, "engine");
            Check.That(read.GetImage(VariationImage.Upper).SequenceEqual(variation.GetImage(VariationImage.Upper)), "upper limits");
        }
        Check.Equal(Check.Throws<TwinspectIOException>(() => Variation.FromBytes(new byte[0])).Code, ErrorCode.Format, "code of no bytes at all");
    }

    static void Variation_mask()
    {
        using (var variation = Prepared())
        using (var result = new Result())
        {
            var top = Flat(0, pixels =>
            {
                for (var i = 0; i < 4 * Width; ++i) pixels[i] = 1;
            });
            variation.Compare(Part, result, VariationCompare.Absolute, top);
            Check.Equal(result.Regions().Single().Runs[0].Row, 2, "row of the only pixel under the mask");
            Check.Throws<TwinspectArgumentException>(() => variation.Compare(Part, result, VariationCompare.Absolute, new ImageView(new byte[4], 2, 2, PixelFormat.Gray8)));
        }
    }

    static void Variation_of_features()
    {
        Func<uint, bool, ImageView> gray = (seed, defective) =>
        {
            var bgr = Parts.Draw(seed, defective);
            return new ImageView(Enumerable.Range(0, bgr.Length / 3).Select(i => bgr[3 * i + 1]).ToArray(), Parts.Width, Parts.Height, PixelFormat.Gray8);
        };
        using (var options = Parts.SmallOptions().Set("variation.engine", "features"))
        using (var variation = new Variation(Parts.Width, Parts.Height, VariationType.Byte, VariationMode.Standard, options))
        using (var result = new Result())
        {
            variation.Train(Enumerable.Range(1, 12).Select(i => gray((uint)i, false)).ToArray());
            variation.Prepare(-1, 0);
            Check.Equal(variation.Info.Engine, VariationEngine.Features, "engine");
            variation.Compare(gray(900, true), result);
            Check.Equal(result.Summary.Verdict, Verdict.Defect, "verdict of a scratched part");
            var json = result.ToJson();
            using (var read = Variation.FromBytes(variation.ToBytes(), options)) read.Compare(gray(900, true), result);
            Check.Equal(result.ToJson(), json, "comparison of what came from bytes");
            variation.Compare(gray(901, false), result);
            Check.Equal(result.Summary.Verdict, Verdict.Good, "verdict of a good part");
        }
    }

    static void Variation_direct()
    {
        using (var variation = new Variation(Width, Height, VariationType.UInt2, VariationMode.Direct))
        using (var result = new Result())
        {
            var reference = new ImageView(Enumerable.Repeat((ushort)1000, Width * Height).ToArray(), Width, Height, PixelFormat.Gray16);
            variation.PrepareDirect(reference, Flat(50), 0, 2);
            variation.Compare(new ImageView(Enumerable.Repeat((ushort)1107, Width * Height).ToArray(), Width, Height, PixelFormat.Gray16), result);
            Check.Equal(result.Summary.Score, 7f, "1107 is 7 above 1000 + 2 * 50");
        }
    }
}
