#if TWINSPECT_MODERN
using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Twinspect;

// What builds with spans have besides.
static class Spans
{
    public static void Run(Model model)
    {
        Check.Run("span_of_pixels_gives_the_score_of_the_array", () => Span_gives_the_score(model));
        Check.Run("span_that_is_too_short_is_refused", () => Short_span_is_refused(model));
        Check.Run("map_is_read_where_it_lies", () => Map_is_read(model));
        Check.Run("map_that_is_being_read_is_neither_replaced_nor_freed", () => Map_is_kept(model));
        Check.Run("model_comes_from_a_span", () => { using (var loaded = Model.FromBytes(new ReadOnlySpan<byte>(model.ToBytes()))) Check.Equal(loaded.Summary.ImageCount, 12, "pictures"); });
    }

    static void Span_gives_the_score(Model model)
    {
        var bgr = Parts.Draw(700, true);
        const int Row = 3 * Parts.Width;
        var flipped = Enumerable.Range(0, Parts.Height).SelectMany(y => bgr.Skip((Parts.Height - 1 - y) * Row).Take(Row)).ToArray();
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.View(bgr)))
        {
            var expected = Check.Bits(result.Summary.Score);
            inspector.Inspect(bgr.AsSpan(), Parts.Width, Parts.Height, PixelFormat.Bgr8, result);
            Check.Equal(Check.Bits(result.Summary.Score), expected, "score of a span");
            inspector.Inspect(flipped.AsSpan(), Parts.Width, Parts.Height, PixelFormat.Bgr8, result, -Row);
            Check.Equal(Check.Bits(result.Summary.Score), expected, "score of a bottom-up span");
            Span<byte> onStack = stackalloc byte[16 * 16];
            inspector.Inspect(onStack, 16, 16, PixelFormat.Gray8, result);
            Check.Equal(result.Summary.MapWidth, 16, "width of a picture on the stack");
        }
        using (var fitter = Parts.FitterOf(2))
        {
            fitter.Add(bgr.AsSpan(), Parts.Width, Parts.Height, PixelFormat.Bgr8, "spanned");
            Check.Equal(fitter.Count, 3L, "pictures");
        }
    }

    static void Short_span_is_refused(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            var bytes = new byte[299];
            Check.Throws<TwinspectArgumentException>(() => inspector.Inspect(bytes.AsSpan(), 10, 10, PixelFormat.Rgb8, result));
            Check.Throws<TwinspectArgumentException>(() => inspector.Inspect(bytes.AsSpan(), 10, 10, PixelFormat.Rgb8Planar, result));
            Check.Throws<TwinspectArgumentException>(() => inspector.Inspect(bytes.AsSpan(), 10, 10, PixelFormat.Rgb8, result, -30));
            Check.Throws<TwinspectArgumentException>(() => inspector.Inspect(ReadOnlySpan<byte>.Empty, 1, 1, PixelFormat.Gray8, result));
            Check.Throws<TwinspectArgumentException>(() => inspector.Inspect(bytes.AsSpan(), 10, 2, PixelFormat.Rgb8, result, long.MinValue));
        }
    }

    static void Map_is_read(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(701)))
        {
            var copy = result.Map();
            Check.That(result.ReadMap((map, width, height) => map.SequenceEqual(copy) && width == Parts.Width && height == Parts.Height), "the map is its copy");
            Span<float> destination = new float[copy.Length];
            result.CopyMap(destination);
            Check.That(destination.SequenceEqual(copy), "copied into a span");
            Check.Throws<TwinspectArgumentException>(() => result.CopyMap(Span<float>.Empty));
            Check.Throws<InvalidOperationException>(() => result.ReadMap<int>((map, width, height) => { throw new InvalidOperationException(); }));
            inspector.Inspect(Parts.Bad(701), result);
        }
    }

    static void Map_is_kept(Model model)
    {
        using (var inspector = new Inspector(model))
        {
            var result = inspector.Inspect(Parts.Bad(702));
            var copy = result.Map();
            Check.That(result.ReadMap((map, width, height) =>
            {
                Check.Equal(Check.Throws<TwinspectStateException>(() => inspector.Inspect(Parts.Good(1), result)).Code, ErrorCode.Busy, "code");
                Task.Run(() => Check.Throws<TwinspectStateException>(() => inspector.InspectBatch(new[] { Parts.Good(1) }, new[] { result }))).Wait();
                // Reading within reading is fine.
                Check.Equal(result.ReadMap((inner, w, h) => inner[0]), map[0], "the first value");
                result.Dispose();
                GC.Collect();
                GC.WaitForPendingFinalizers();
                // Whatever was freed would be used again by these.
                for (var i = 0; i < 20; ++i) inspector.Inspect(Parts.Good(1)).Dispose();
                return map.SequenceEqual(copy);
            }), "the map stays as long as it is read");
            Check.Throws<ObjectDisposedException>(() => result.Map());
        }
    }
}
#endif
